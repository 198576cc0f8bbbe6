"""What holds of every page, as expressions of JavaScript: names and landmarks, and text that stands out."""

RULES = (
    "[...document.querySelectorAll('table')].filter(t => !t.caption || !t.caption.textContent.trim())",
    "[...document.querySelectorAll('th')].filter(th => !['col', 'row'].includes(th.scope))",
    "[...document.querySelectorAll('input:not([type=hidden]), select')].filter(e => !e.labels.length)",
    "[...document.querySelectorAll('button')].filter(e => !e.hidden && !e.textContent.trim())",
    "[...document.querySelectorAll('a')].filter(a => !a.textContent.trim() || !a.hasAttribute('href'))",
    "[...document.querySelectorAll('section, [role=region]')].filter(e => !e.getAttribute('aria-label') && !document.getElementById(e.getAttribute('aria-labelledby')))",
    "[...document.querySelectorAll('svg')].filter(e => e.getAttribute('role') === 'img' ? !document.getElementById(e.getAttribute('aria-labelledby')) : !e.hasAttribute('aria-hidden'))",
    "[...document.querySelectorAll('[id]')].filter(e => document.querySelectorAll(`[id=\"${CSS.escape(e.id)}\"]`).length > 1)",
)
"""Each finds the elements that break it."""

CONTRAST = """(() => {
  const parts = (said) => said.match(/[0-9.]+/g).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.map((own) => (own /= 255) <= 0.04045 ? own / 12.92 : ((own + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (let own = node; own; own = own.parentElement) {
      const found = parts(getComputedStyle(own).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!own || !node.getClientRects().length) continue;
    const style = getComputedStyle(node);
    const said = parts(node instanceof SVGElement ? style.fill : style.color).slice(0, 3);
    const [a, b] = [light(said), light(ground(node))].sort((one, other) => other - one);
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.push([node.outerHTML.slice(0, 120), said, ground(node)]);
  }
  return poor;
})()"""
"""Texts whose contrast with their ground is below 4.5, with both colours."""

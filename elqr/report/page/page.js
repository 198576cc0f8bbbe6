"use strict";
// 今朝の一枚: filters, sorts and searches the list, and opens the details of one payment.
// All values come from the data block of this page and go in as text, never as markup. Nothing is loaded.
(() => {
  const STEP = 100;
  const LISTED = ["受付番号", "理由", "重要度", "所管課", "手続", "領収日", "経過日数", "チャネル", "領収額", "仮受額", "通知書番号", "期別", "付記", "前回の決裁", "ファイル"];
  const SUMMARY = ["行き先", "理由", "重要度", "所管課", "手続", "賦課年度", "通知書番号", "期別", "納付書の額", "チャネル", "段階", "領収日", "領収額", "収納額", "仮受額", "付記", "先の収納", "前回の決裁", "消込日", "ファイル", "記録"];
  const ROOMY = ["理由", "所管課", "手続", "付記", "前回の決裁"];
  const KINDS = { yen: "n", count: "n", digits: "k", date: "d" };
  const FILTERS = { reason: "理由", department: "所管課", channel: "チャネル", age: "経過日数の区分" };

  const data = JSON.parse(document.getElementById("data").textContent);
  const columns = new Map(data.columns.map((column) => [column.name, column]));
  const SHOWN = LISTED.filter((name) => columns.get(name).words?.length !== 0);
  const count = data.columns[0].values.length;
  const rowOf = new Map(data.columns[0].values.map((no, row) => [no, row]));
  const views = new Map(data.views.map((view) => [view.key, view]));
  const list = document.getElementById("list");
  const form = list.querySelector("form");
  const body = list.querySelector("tbody");
  const more = list.querySelector(".more-rows");
  const dialog = document.getElementById("detail");
  const sorting = { name: "", down: false };
  let found = [];
  let shown = STEP;
  let opener = null;

  // --- values ---

  function value(name, row) {
    const column = columns.get(name);
    const own = column.words ? column.words[column.at[row]] : column.values[row];
    return own ?? "";
  }

  function rank(name, row) {
    const column = columns.get(name);
    return column.words ? column.at[row] : column.values[row];
  }

  const grouped = (digits) => String(digits).replace(/.{4}(?=.)/gsu, "$& ");
  const yen = (amount) => `${Number(amount).toLocaleString("ja-JP")}円`;

  function text(name, row) {
    const own = value(name, row);
    const style = columns.get(name).style;
    if (own === "") return "";
    if (style === "yen" || style === "count") return own.toLocaleString("ja-JP");
    return visible(style === "digits" ? grouped(own) : String(own));
  }

  // Control characters are shown as their pictures, so that nothing hides in a value.
  function visible(said) {
    return said.replace(/[\u0000-\u001f\u007f]/gu, (found) => String.fromCodePoint(found === "\u007f" ? 0x2421 : 0x2400 + found.codePointAt(0)));
  }

  function make(tag, properties = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, own] of Object.entries(properties)) {
      if (name === "className") node.className = own;
      else node.setAttribute(name, own);
    }
    node.append(...children);
    return node;
  }

  // --- filter, search, sort ---

  const plain = (said) => String(said).normalize("NFKC").toLowerCase();

  const haystacks = [];
  function haystack(row) {
    if (haystacks[row] === undefined) haystacks[row] = plain(data.columns.map((column) => value(column.name, row)).join("\n"));
    return haystacks[row];
  }

  // A key may be pasted as the page or a CSV shows it, in groups of four.
  function needles(said) {
    const bare = plain(said).trim();
    const digits = bare.replace(/[\s-]/gu, "");
    return /^[0-9]+$/u.test(digits) ? [digits] : bare.split(/\s+/u).filter(Boolean);
  }

  function inView(key, row) {
    if (key === "open") return value("未処理", row) === 1;
    if (value("今夜", row) !== 1) return false;
    const { place, holds } = views.get(key);
    return (!place || value("行き先", row) === place) && (!holds || value(holds, row) > 0);
  }

  function chosen() {
    const asked = new FormData(form);
    const wanted = Object.entries(FILTERS).filter(([key]) => asked.get(key)).map(([key, name]) => [name, asked.get(key)]);
    const searched = needles(asked.get("text"));
    const rows = [];
    for (let row = 0; row < count; row += 1) {
      if (!inView(asked.get("view"), row)) continue;
      if (!wanted.every(([name, own]) => value(name, row) === own)) continue;
      if (!searched.every((needle) => haystack(row).includes(needle))) continue;
      rows.push(row);
    }
    return sorting.name ? rows.sort(ordered) : rows;
  }

  // Rows without a value stand last, whichever way one sorts; equal ones stay oldest first.
  function ordered(one, other) {
    const [a, b] = [rank(sorting.name, one) ?? null, rank(sorting.name, other) ?? null];
    if (a === b) return one - other;
    if (a === null || b === null) return a === null ? 1 : -1;
    return (a < b ? -1 : 1) * (sorting.down ? -1 : 1);
  }

  // --- the list ---

  function refresh() {
    shown = STEP;
    found = chosen();
    const view = views.get(form.elements.view.value);
    const sum = (name) => yen(found.reduce((total, row) => total + value(name, row), 0));
    const part = found.length === view.listed ? "" : `${view.listed.toLocaleString("ja-JP")}件のうち`;
    list.querySelector(".status").textContent = `${view.title} ${part}${found.length.toLocaleString("ja-JP")}件　領収額 ${sum("領収額")}　仮受額 ${sum("仮受額")}`;
    list.querySelector(".limit").textContent = view.note;
    list.querySelector(".limit").hidden = !view.note;
    draw();
  }

  function draw() {
    body.replaceChildren(...found.slice(0, shown).map(tableRow));
    if (!found.length) body.append(make("tr", {}, make("td", { colspan: SHOWN.length }, "当てはまる収納はありません。")));
    more.hidden = found.length <= shown;
    list.querySelector(".rest").textContent = more.hidden ? "" : `画面に出した先頭の${shown}件です。ほか${(found.length - shown).toLocaleString("ja-JP")}件。`;
    more.textContent = `さらに${Math.min(STEP, found.length - shown)}件を表示（残り${(found.length - shown).toLocaleString("ja-JP")}件）`;
    for (const head of list.querySelectorAll("thead th")) {
      const own = head.dataset.name === sorting.name;
      if (own) head.setAttribute("aria-sort", sorting.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  }

  function tableRow(row) {
    return make("tr", {}, ...SHOWN.map((name, at) => {
      if (at === 0) return make("th", { scope: "row", className: "n" }, detailButton(value(name, row)));
      const style = columns.get(name).style;
      const kind = KINDS[style] ?? (ROOMY.includes(name) ? "w" : "");
      return make("td", kind ? { className: kind } : {}, text(name, row));
    }));
  }

  function detailButton(no) {
    const button = make("button", { type: "button", className: "plain", "aria-haspopup": "dialog", "aria-label": `受付番号 ${no} の明細` }, Number(no).toLocaleString("ja-JP"));
    button.addEventListener("click", () => {
      if (!dialog.open) opener = button;
      open(no);
    });
    return button;
  }

  // Buttons are not drawn again at the head of every sheet of paper; words are.
  function headings() {
    return make("tr", {}, ...SHOWN.map((name) => {
      const style = columns.get(name).style;
      const button = make("button", { type: "button" }, name);
      button.addEventListener("click", () => {
        sorting.down = sorting.name === name ? !sorting.down : false;
        sorting.name = name;
        found.sort(ordered);
        draw();
      });
      const isNumber = style === "yen" || style === "count" || name === "受付番号";
      return make("th", { scope: "col", "data-name": name, ...(isNumber ? { className: "n" } : {}) }, button, make("span", { className: "paper", "aria-hidden": "true" }, name));
    }));
  }

  function fillChoices() {
    for (const view of data.views) form.elements.view.append(make("option", { value: view.key }, view.title));
    for (const [key, name] of Object.entries(FILTERS)) {
      for (const word of columns.get(name).words) form.elements[key].append(make("option", { value: word }, word));
    }
  }

  // --- the details of one payment ---

  function open(no) {
    const row = rowOf.get(no);
    const own = data.cases[no];
    dialog.querySelector("h2").textContent = `受付番号 ${Number(no).toLocaleString("ja-JP")}　${text("理由", row)}`;
    const parts = [summary(row)];
    if (own) parts.push(...details(own));
    else parts.push(make("p", {}, `この収納の原データと履歴は、${data.detailed.toLocaleString("ja-JP")}件の上限を超えたため、このページにありません。照会キー ${text("照会キー", row)}。`));
    dialog.querySelector("div").replaceChildren(...parts);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    dialog.querySelector("h2").focus();
  }

  function summary(row) {
    const told = SUMMARY.filter((name) => value(name, row) !== "");
    return make("dl", { className: "summary" }, ...told.map((name) => make("div", {}, make("dt", {}, name), make("dd", {}, text(name, row)))));
  }

  function* details(own) {
    yield table("照会キー", ["項目", "内容"], own.keys.map(([name, said]) => [name, name === "照会キー" ? grouped(said) : visible(said)]));
    if (own.near.length) {
      const rows = own.near.map(([procedure, bill, part, key, amount, left, how]) => [`${procedure} ${bill} ${part}`, grouped(key), yen(amount), yen(left), how]);
      yield table("近い納付書（候補。自動では消し込みません）", ["納付書", "納付番号", "納付書の額", "未収額", "違い"], rows);
    }
    for (const no of own.claims) {
      const [title, collected, events] = data.claims[no];
      const rows = events.map(([day, what, said, amount, payment]) => [day, what, visible(said), yen(amount), payment ? paymentLink(Number(payment)) : ""]);
      yield table(`調定の履歴　${visible(title)}　収納の計 ${yen(collected)}`, ["日", "できごと", "内容", "金額", "受付番号"], rows);
    }
    if (own.suspense.length) {
      yield table("仮受の出入り", ["日", "金額", "内容"], own.suspense.map(([day, amount, said]) => [day, yen(amount), visible(said)]));
    }
    if (typeof own.record === "string") yield make("p", {}, `原データ：${own.record || "ありません。"}`);
    else yield original(...own.record);
  }

  function paymentLink(no) {
    return rowOf.has(no) ? detailButton(no) : no.toLocaleString("ja-JP");
  }

  function original(at, start, texts) {
    const [spec, record, isFixed, fields] = data.layouts[at];
    const place = isFixed ? `　ファイルの ${(start + 1).toLocaleString("ja-JP")} バイト目から` : "";
    const own = table(`原データ（届いたまま。氏名などは伏せています）　${spec}　${record}${place}`, [isFixed ? "位置+幅（バイト）" : "列", "項目", "届いた値"], fields.map(([where, title], i) => [where, title, visible(texts[i])]));
    [...own.querySelectorAll("tbody tr")].forEach((line, i) => {
      line.lastChild.className = "raw";
      if (fields[i][2]) line.firstChild.classList.add("part");
    });
    return own;
  }

  function table(caption, heads, rows) {
    return make("table", {},
      make("caption", {}, make("h3", {}, caption)),
      make("thead", {}, make("tr", {}, ...heads.map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, ...rows.map(([first, ...rest]) => make("tr", {}, make("th", { scope: "row" }, first), ...rest.map((own) => make("td", {}, own))))));
  }

  // --- from the numbers of the page to the list ---

  function follow(link) {
    form.reset();
    form.elements.view.value = link.dataset.view;
    for (const key of Object.keys(FILTERS)) form.elements[key].value = link.dataset[key] ?? "";
    refresh();
  }

  document.documentElement.classList.add("js");
  fillChoices();
  list.querySelector("thead").append(headings());
  form.addEventListener("input", refresh);
  form.addEventListener("reset", () => setTimeout(refresh));
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => {
    const first = shown;
    shown += STEP;
    draw();
    body.rows[first].querySelector("button").focus();
  });
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => opener?.focus());
  for (const link of document.querySelectorAll("a[data-view]")) {
    link.setAttribute("href", "#list-title");
    link.addEventListener("click", () => follow(link));
  }
  for (const cell of document.querySelectorAll("td.payment")) {
    const no = Number(cell.textContent.replace(/,/gu, ""));
    if (rowOf.has(no)) cell.replaceChildren(detailButton(no));
  }
  refresh();
})();

@echo off
rem Tonight's job on Windows: sets up .venv when needed, then runs jobs\nightly.toml.
rem Options are those of "elqr night" (--date, --dry-run, --json, ...); so is the exit code. See README.md here.
rem ELQR_PYTHON names the Python to use; PIP_FIND_LINKS and PIP_NO_INDEX are honoured.
setlocal EnableExtensions DisableDelayedExpansion
chcp 65001 >nul
set "PYTHONUTF8=1"
cd /d "%~dp0.."
if not exist pyproject.toml exit /b 1

if not exist ".venv\Scripts\elqr.exe" goto setup
call :stamp wanted
if errorlevel 1 goto setup
fc /b .venv\wanted.txt .venv\installed.txt >nul 2>&1
if errorlevel 1 goto setup
goto night

:setup
mkdir .venv.lock.d 2>nul
if errorlevel 1 goto busy
call :install
set "ELQR_STATUS=%ERRORLEVEL%"
rmdir .venv.lock.d
if not "%ELQR_STATUS%"=="0" exit /b 1

:night
".venv\Scripts\elqr.exe" night jobs\nightly.toml %*
exit /b %ERRORLEVEL%

:busy
echo elqr: 別の準備が動いています。動いていなければフォルダ "%CD%\.venv.lock.d" を消して、もう一度実行してください。 1>&2
exit /b 1

:install
set ELQR_FOUND="%ELQR_PYTHON%"
if defined ELQR_PYTHON goto check
set "ELQR_FOUND=py -3"
py -3 --version >nul 2>&1
if not errorlevel 1 goto check
set "ELQR_FOUND=python"
:check
%ELQR_FOUND% -c "import sys" >nul 2>&1
if errorlevel 1 goto nopython
%ELQR_FOUND% -c "import sys; sys.exit(sys.version_info[:2] not in [(3, n) for n in range(11, 100)])"
if errorlevel 1 goto oldpython
%ELQR_FOUND% -c "import ensurepip, venv" >nul 2>&1
if errorlevel 1 goto novenv
echo elqr: 実行環境を準備しています（初回は数分かかります）: "%CD%\.venv" 1>&2
%ELQR_FOUND% -m venv --clear .venv
if errorlevel 1 goto failed
set ELQR_PIP=".venv\Scripts\python.exe" -m pip --disable-pip-version-check --no-input install --quiet --constraint .constraints.txt
%ELQR_PIP% hatchling editables
if errorlevel 1 goto failed
%ELQR_PIP% --no-build-isolation --editable .
if errorlevel 1 goto failed
rem Whoever runs it may not be allowed to write here; without this every run would compile the program anew.
".venv\Scripts\python.exe" -m compileall -q elqr
call :stamp installed
if errorlevel 1 goto failed
echo elqr: 準備ができました。 1>&2
exit /b 0

rem What .venv is installed from, and where: equal to the last time, or it is made anew.
:stamp
echo "%CD%">.venv\place.txt
copy /b /y .venv\place.txt+pyproject.toml+.constraints.txt .venv\%1.txt >nul
exit /b %ERRORLEVEL%

:nopython
echo elqr: Python が見つかりません。Python 3.11 以上を入れるか、環境変数 ELQR_PYTHON でその場所を指定してください。 1>&2
exit /b 1

:oldpython
echo elqr: Python 3.11 以上が必要です。新しい Python を入れるか、環境変数 ELQR_PYTHON でその場所を指定してください。 1>&2
exit /b 1

:novenv
echo elqr: この Python に venv がありません。python.org の Python 3.11 以上を入れて、もう一度実行してください。 1>&2
exit /b 1

:failed
echo elqr: 準備に失敗しました。上の表示を確かめてください。 1>&2
echo インターネットに出られない機械では、出られる機械（同じ Windows・同じ版の Python）の、このフォルダの写しの中で 1>&2
echo   py -3 -m pip wheel -w wheels -c .constraints.txt hatchling editables setuptools .[test] 1>&2
echo を実行し、できたフォルダ wheels を運んで、環境変数 PIP_NO_INDEX=1 と PIP_FIND_LINKS=運んだフォルダ を設定してから実行してください。 1>&2
exit /b 1

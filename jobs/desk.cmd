@echo off
rem The desk of the sample city on Windows: runs the sample night where there is no ledger yet, makes an account for each
rem role and prints its password once, and opens the desk. Options are those of "elqr desk serve" (--host, --port).
setlocal EnableExtensions DisableDelayedExpansion
chcp 65001 >nul
set "PYTHONUTF8=1"
cd /d "%~dp0.."
if not exist pyproject.toml exit /b 1

rem The night sets up .venv; the same sample night again changes nothing.
if exist var\ledger.db if exist .venv\Scripts\elqr.exe goto accounts
call jobs\nightly.cmd 1>&2
set "ELQR_STATUS=%ERRORLEVEL%"
if not "%ELQR_STATUS%"=="0" if not "%ELQR_STATUS%"=="3" if not "%ELQR_STATUS%"=="4" exit /b %ELQR_STATUS%

:accounts
if exist var\desk.sqlite3 goto serve
".venv\Scripts\elqr.exe" desk account add etsuran --name "見本 閲子" --department 保険年金課 --role 閲覧
".venv\Scripts\elqr.exe" desk account add shinsei --name "架空 申平" --department 会計 --role 閲覧 --role 申請
".venv\Scripts\elqr.exe" desk account add shounin --name "仮野 承介" --department 会計 --role 閲覧 --role 承認
".venv\Scripts\elqr.exe" desk account add kanri --name "例示 管太" --department 会計 --role 閲覧 --role 管理

:serve
".venv\Scripts\elqr.exe" desk serve %*
exit /b %ERRORLEVEL%

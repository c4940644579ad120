@echo off
rem The developer commands: dev run ^| test ^| bench ^| crash ^| publish ^| lint. All of them live in tools/dev (C#).
dotnet run --project "%~dp0tools\dev" -c Debug -v q -- %*
exit /b %ERRORLEVEL%

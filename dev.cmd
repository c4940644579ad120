@echo off
rem The developer commands: dev run ^| test ^| bench ^| publish ^| lint. All of them live in tools/dev (C#).
dotnet run --project "%~dp0tools\dev" -c Release -v q -- %*
exit /b %ERRORLEVEL%

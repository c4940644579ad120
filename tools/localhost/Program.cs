using System.Globalization;
using System.Net;
using Cloudreve.LocalHost;
using Cloudreve.Tools;

const string usage = "Usage: dotnet Cloudreve.LocalHost.dll --app DIR --port N [--bind ADDRESS]";
var arguments = new Dictionary<string, string>();
for (var i = 0; i + 1 < args.Length; i += 2)
    arguments[args[i]] = args[i + 1];
if (!arguments.Remove("--app", out var app)
    || !arguments.Remove("--port", out var portText) || !ushort.TryParse(portText, CultureInfo.InvariantCulture, out var port)
    || !IPAddress.TryParse(arguments.Remove("--bind", out var bindText) ? bindText : "127.0.0.1", out var bind)
    || arguments.Count > 0 || args.Length % 2 > 0)
{
    Console.Error.WriteLine(usage);
    return 2;
}

using var signals = new StopSignals();
var code = 0;
try
{
    using var host = new LocalFunctionsHost(app, Console.WriteLine);
    await host.RunAsync(bind, port, signals.Token);
}
catch (LocalHostException e)
{
    Console.Error.WriteLine(e.Message);
    code = 1;
}

// Returning would wait for threads of the extensions that wait for storage.
Environment.Exit(code);
return code;

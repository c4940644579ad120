using Cloudreve.LocalHost.TestApp;
using Microsoft.Extensions.Hosting;

if (Environment.GetEnvironmentVariable("BREAK_AT_START") is not null)
{
    Console.Error.WriteLine("broken on purpose");
    return 3;
}
await TestWorker.Build(new Dictionary<string, string?>()).RunAsync();
return 0;

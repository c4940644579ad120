using Cloudreve.LocalHost.TestApp;
using Microsoft.Extensions.Hosting;

await TestWorker.Build(new Dictionary<string, string?>()).RunAsync();

using Cloudreve.AzureStorage;
using Cloudreve.Core;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Bootstrap;
using Cloudreve.Orchestrations;
using Cloudreve.Orchestrations.TestApp;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
var account = new StorageAccount(new StorageAccountOptions { ConnectionString = builder.Configuration["AzureWebJobsStorage"] });
builder.Services
    .AddSingleton(TimeProvider.System)
    .AddSingleton(new StorageLayout(account, builder.Configuration["CLOUDREVE_PREFIX"]!))
    .AddSingleton(new BootstrapOptions())
    .AddCore()
    .AddOrchestrations();
if (builder.Configuration["RECORD_TURNS"] is { Length: > 0 } file)
{
    builder.Services.AddSingleton(new TurnRecording(file));
    builder.UseMiddleware<TurnRecorder>();
}
await builder.Build().RunAsync();

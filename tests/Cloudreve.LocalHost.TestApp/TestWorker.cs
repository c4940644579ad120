using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cloudreve.LocalHost.TestApp;

/// <summary>The worker app that the local host's tests run, as a process or in the test's own.</summary>
public static class TestWorker
{
    /// <summary>Builds the worker.</summary>
    /// <param name="settings">Settings on top of those of the process.</param>
    public static IHost Build(IReadOnlyDictionary<string, string?> settings)
    {
        var builder = FunctionsApplication.CreateBuilder([]);
        builder.Configuration.AddInMemoryCollection(settings);
        builder.ConfigureFunctionsWebApplication();
        builder.Services.AddSingleton(new Journal(builder.Configuration["AzureWebJobsStorage"] ?? "UseDevelopmentStorage=true"));
        builder.Services.AddSingleton<Conversation>();
        builder.Services.AddSingleton(new Greeting(builder.Configuration["GREETING"] ?? "hello"));
        return builder.Build();
    }
}

using System.Globalization;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Bootstrap;
using Cloudreve.Core.Errors;
using Cloudreve.Functions.Hosting.Emission;
using Microsoft.AspNetCore.Connections;

namespace Cloudreve.Functions.Hosting;

/// <summary>The life of the process: build, then emit or serve, and say in one line why it cannot.</summary>
internal static class CloudreveProcess
{
    /// <summary>Runs until the process is told to end.</summary>
    /// <param name="args">The command line.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            await using var app = CloudreveApp.Build(args);
            var settings = app.Services.GetRequiredService<HostSettings>();
            if (settings is { Mode: HostingMode.Emission, EmissionFolder: { } folder })
                return Emit(app, folder);
            app.Services.GetRequiredService<StorageAccount>();
            // Under a Functions host the first requests are waiting, and wait for the bootstrap themselves.
            if (settings.Mode == HostingMode.Standalone)
                await app.Services.GetRequiredService<SiteBootstrap>().EnsureAsync();
            await app.RunAsync();
            return 0;
        }
        catch (SettingsException e)
        {
            return await FailAsync(e.Message);
        }
        catch (StorageException e)
        {
            return await FailAsync("The storage account of AzureWebJobsStorage cannot be used: " + e.Message);
        }
        catch (CloudreveException e)
        {
            return await FailAsync("The site cannot be set up: " + e.Message);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            return await FailAsync(e.Message);
        }
    }

    private static async Task<int> FailAsync(string reason)
    {
        await Console.Error.WriteLineAsync(reason.ReplaceLineEndings(" "));
        return 1;
    }

    private static int Emit(WebApplication app, string folder)
    {
        var endpoints = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints);
        var count = app.Services.GetRequiredService<FunctionEmitter>().Emit(folder, endpoints);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} functions"));
        return 0;
    }
}

using System.Globalization;
using Cloudreve.Functions.Hosting.Emission;

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
            if (app.Services.GetRequiredService<HostSettings>() is { Mode: HostingMode.Emission, EmissionFolder: { } folder })
                return Emit(app, folder);
            await app.RunAsync();
            return 0;
        }
        catch (SettingsException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }

    private static int Emit(WebApplication app, string folder)
    {
        var endpoints = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints);
        var count = app.Services.GetRequiredService<FunctionEmitter>().Emit(folder, endpoints);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} functions"));
        return 0;
    }
}

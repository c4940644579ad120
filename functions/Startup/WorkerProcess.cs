using Cloudreve.AzureStorage;
using Cloudreve.Core.Imports;
using Cloudreve.Functions.Api.Edge;
using Microsoft.Azure.Functions.Worker.Builder;

namespace Cloudreve.Functions.Startup;

/// <summary>Runs the worker and reports in one line why it cannot start.</summary>
internal static class WorkerProcess
{
    /// <summary>Runs until the Functions host ends the process.</summary>
    /// <param name="args">The command line of the Functions host.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            var builder = FunctionsApplication.CreateBuilder(args);
            builder.AddCloudreve();
            using var worker = builder.Build();
            // A malformed connection string stops the start, not the first request.
            worker.Services.GetRequiredService<StorageAccount>();
            // It looks for blobs that arrive from now on.
            worker.Services.GetRequiredService<MissedArrivals>();
            await worker.RunAsync();
            return 0;
        }
        catch (Exception e) when (e is SettingsException or FunctionDeclarationException)
        {
            await Console.Error.WriteLineAsync(e.Message.ReplaceLineEndings(" "));
            return 1;
        }
    }
}

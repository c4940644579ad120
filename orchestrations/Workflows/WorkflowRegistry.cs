using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Core.Import;
using Cloudreve.DurableTask;
using Cloudreve.Orchestrations.Import;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudreve.Orchestrations;

/// <summary>All orchestrators and activities of the product.</summary>
public static class WorkflowRegistry
{
    /// <summary>Makes the registry that both hosts run.</summary>
    public static DurableTaskRegistry Create()
    {
        var registry = new DurableTaskRegistry(new JsonSerializerOptions(WorkflowJson.Default.Options));
        registry.AddOrchestrator(ImportOrchestration.Name, () => new ImportOrchestration());
        registry.AddOrchestrator(ImportFoldersOrchestration.Name, () => new ImportFoldersOrchestration());
        registry.AddActivity(BeginImport.Name, services => new BeginImport(services.GetRequiredService<ImportService>()));
        registry.AddActivity(ClaimImportFolders.Name, services => new ClaimImportFolders(services.GetRequiredService<ImportService>()));
        registry.AddActivity(ImportFolders.Name, services => new ImportFolders(services.GetRequiredService<ImportService>()));
        registry.AddActivity(FinishImport.Name, services => new FinishImport(services.GetRequiredService<ImportService>()));
        return registry;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(ImportTaskReference))]
[JsonSerializable(typeof(ImportTotals))]
[JsonSerializable(typeof(ImportState))]
[JsonSerializable(typeof(ImportGroup[]))]
[JsonSerializable(typeof(ImportGroupResult))]
[JsonSerializable(typeof(ImportFoldersInput))]
[JsonSerializable(typeof(FinishImportInput))]
internal sealed partial class WorkflowJson : JsonSerializerContext;

using Cloudreve.Core.Imports;

namespace Cloudreve.Orchestrations.Import;

/// <summary>What a group's orchestration works on.</summary>
/// <param name="Task">The task.</param>
/// <param name="Group">The group.</param>
public sealed record ImportFoldersInput(ImportTaskReference Task, ImportGroup Group);

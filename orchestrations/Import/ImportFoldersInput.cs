using Cloudreve.Core.Imports;

namespace Cloudreve.Orchestrations.Import;

/// <summary>The input of a group's orchestration.</summary>
/// <param name="Task">The task.</param>
/// <param name="Group">The group.</param>
public sealed record ImportFoldersInput(ImportTaskReference Task, ImportGroup Group);

using Cloudreve.Core.Imports;

namespace Cloudreve.Orchestrations.Import;

/// <summary>The input of a group's orchestration.</summary>
public sealed record ImportFoldersInput(ImportTaskReference Task, ImportGroup Group);

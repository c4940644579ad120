namespace Cloudreve.Orchestrations.Import;

/// <summary>The end of an import.</summary>
/// <param name="State">Its results.</param>
/// <param name="Error">The error that ended it early; null for none.</param>
public sealed record FinishImportInput(ImportState State, string? Error);

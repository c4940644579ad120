namespace Cloudreve.Orchestrations.Import;

/// <summary>The end of an import.</summary>
/// <param name="State">What it did.</param>
/// <param name="Error">What ended it before its time; null when nothing did.</param>
public sealed record FinishImportInput(ImportState State, string? Error);

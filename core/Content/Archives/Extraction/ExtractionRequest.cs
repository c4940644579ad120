namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>A request to extract an archive.</summary>
/// <param name="Source">The archive's URI.</param>
/// <param name="Destination">The URI of the folder that it is extracted to.</param>
public sealed record ExtractionRequest(string Source, string Destination)
{
    /// <summary>The encoding of names that do not specify it; empty to guess.</summary>
    public string Encoding { get; init; } = "";

    /// <summary>The requested entries; empty for all.</summary>
    public IReadOnlyList<string> Mask { get; init; } = [];

    /// <summary>The password of encrypted entries; empty for none.</summary>
    public string Password { get; init; } = "";
}

namespace Cloudreve.Core.Imports;

/// <summary>The listing of a group's part of the source.</summary>
internal sealed class GroupListing
{
    /// <summary>The pages that were listed.</summary>
    public List<FrontierItem> Done { get; } = [];

    public List<SourceEntry> Entries { get; } = [];

    public List<ImportFailure> Failures { get; } = [];

    /// <summary>Pages that follow them in the same folders.</summary>
    public List<FrontierItem> Next { get; } = [];

    /// <summary>Number of blobs and folders that were seen.</summary>
    public int Indexed { get; set; }
}

namespace Cloudreve.Core.Imports;

/// <summary>What a group has listed of the source.</summary>
internal sealed class GroupListing
{
    /// <summary>The pages that were listed.</summary>
    public List<FrontierItem> Done { get; } = [];

    public List<SourceEntry> Entries { get; } = [];

    public List<ImportFailure> Failures { get; } = [];

    /// <summary>Pages that follow them in the same folders.</summary>
    public List<FrontierItem> Next { get; } = [];

    /// <summary>How many blobs and folders were seen.</summary>
    public int Indexed { get; set; }
}

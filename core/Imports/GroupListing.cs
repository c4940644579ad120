namespace Cloudreve.Core.Imports;

/// <summary>The listing of a group's part of the source.</summary>
internal sealed class GroupListing
{
    /// <summary>Number of entries that a group gathers before it leaves the rest of its rows to the next group.</summary>
    private const int EnoughEntries = 5000;

    /// <summary>Lists pages until there is enough work.</summary>
    public static async Task<GroupListing> GatherAsync(ImportFrontier frontier, ImportContext context, ImportGroup group, CancellationToken cancellationToken)
    {
        var listing = new GroupListing();
        foreach (var item in await frontier.ReadAsync(context.TaskId, group, cancellationToken))
        {
            if (listing.Entries.Count >= EnoughEntries)
                break;
            var page = await context.Source.ReadAsync(item, cancellationToken);
            listing.Done.Add(item);
            if (!page.IsUnreadable)
                listing.Pages.Add((item, page));
            listing.Entries.AddRange(page.Entries);
            listing.Failures.AddRange(page.Failures);
            listing.Indexed += page.Indexed;
            if (page.Next is { } next)
                listing.Next.Add(next);
            // Several such folders in one run would not fit into its time.
            if (page.IsUnreadable)
                break;
        }
        return listing;
    }

    /// <summary>The pages that were listed, also those that could not be.</summary>
    public List<FrontierItem> Done { get; } = [];

    /// <summary>The pages that could be listed, with their content.</summary>
    public List<(FrontierItem Item, SourcePage Page)> Pages { get; } = [];

    public List<SourceEntry> Entries { get; } = [];

    public List<ImportFailure> Failures { get; } = [];

    /// <summary>Pages that follow them in the same folders.</summary>
    public List<FrontierItem> Next { get; } = [];

    /// <summary>Number of blobs and folders that were seen.</summary>
    public int Indexed { get; set; }
}

using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Listing;

/// <summary>
/// Lists a folder in the reverse order of its rows. A folder that fits into one request is reversed; of a larger one
/// <see cref="BoundaryKeys"/> are kept. Then a page costs at most three transactions, whatever changed in between, as long as
/// no region has grown or shrunk much: that region's keys are then rebuilt by its next reader.
/// </summary>
internal sealed class DescendingListing(StorageLayout layout, ListingBlobs blobs)
{
    public async Task<FolderPage> ListAsync(long folderId, KeyOrder order, int pageSize, string? token, CancellationToken cancellationToken)
    {
        var isLarge = token?.StartsWith(DescendingPage.Large) == true;
        var last = token is null ? null : order.Decode(isLarge ? token[1..] : token);
        var page = new DescendingPage(layout, blobs, folderId, order, pageSize, last);
        if (!isLarge && await page.ReadWholeAsync(cancellationToken) is { } whole)
            return whole;
        return await page.ReadPartsAsync(cancellationToken);
    }
}

using Cloudreve.AzureStorage;
using Cloudreve.Core.Content.Integrity;
using Cloudreve.Testing.Storage;

namespace Cloudreve.Core.Tests.Content.Integrity;

/// <summary>The findings of two checks that share no code: that of the tests and that of the product.</summary>
internal static class Findings
{
    /// <summary>Runs both. Removal of imported blobs by their owner is not an error of the site.</summary>
    /// <param name="account">The storage account.</param>
    /// <param name="prefix">Prefix of the site's names.</param>
    /// <param name="integrity">The product's check, of a process that sees the site as it is.</param>
    public static async Task<TreeFindings> GatherAsync(StorageAccount account, string prefix, SiteIntegrity integrity)
    {
        var tree = await TreeIntegrity.CheckAsync(account, prefix);
        var own = (await integrity.CheckAsync()).Where(f => f.Kind != IntegrityKind.SourceGone).ToLookup(f => f.Kind == IntegrityKind.Orphan, f => f.Text);
        return new TreeFindings([.. tree.Problems, .. own[false]], [.. tree.Leftovers, .. own[true]]);
    }
}

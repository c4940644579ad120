using Cloudreve.Core.Content.Integrity;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.Load.Checks;
using Xunit;

namespace Cloudreve.EndToEnd.Imports;

/// <summary>The product's own check of tables and blobs, after kills.</summary>
internal static class Integrity
{
    /// <summary>Checks a site at rest: nothing is lost or wrongly charged, and hardly anything is left over.</summary>
    /// <param name="site">The site.</param>
    /// <param name="leftovers">Maximum number of unreachable leftover rows, of entries whose creation was interrupted before they had a name.</param>
    public static async Task AssertAsync(Site site, int leftovers)
    {
        await using var rest = new SiteRest(site.Storage, site.Prefix);
        var findings = await rest.CheckAsync();
        Assert.All(findings, f => Assert.Equal(IntegrityKind.Orphan, f.Kind));
        Assert.InRange(findings.Count, 0, leftovers);
    }
}

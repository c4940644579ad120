using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Api.Files.Changes;

/// <summary>Bounds the URIs or ids of a batch.</summary>
internal static class BatchUris
{
    /// <summary>Throws unless there are URIs, and not too many.</summary>
    /// <param name="uris">The URIs.</param>
    /// <param name="site">Knows how many are too many.</param>
    /// <exception cref="CloudreveException">40001, 40074.</exception>
    internal static void Check(IReadOnlyList<string> uris, SiteSettings site)
    {
        if (uris.Count == 0 || uris.Any(uri => uri is null))
            throw new CloudreveException(ErrorCode.BadParameter, "At least one URI is required.");
        if (uris.Count > site.Get(SiteSetting.MaxBatchedFiles))
            throw new CloudreveException(ErrorCode.TooManyUris, "Too many URIs in one request.");
    }
}

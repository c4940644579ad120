using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Api.Files;

/// <summary>Encoded ids of versions.</summary>
internal static class VersionIds
{
    /// <summary>Decodes the id of a version; null for none.</summary>
    /// <param name="text">The encoded id.</param>
    /// <exception cref="CloudreveException">40001 for an invalid version id.</exception>
    public static long? Parse(string? text, SiteSettings site)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        return site.HashIds.TryDecode(text, HashIdKind.Entity, out var id)
            ? id
            : throw new CloudreveException(ErrorCode.BadParameter, "The version's id is invalid.");
    }
}

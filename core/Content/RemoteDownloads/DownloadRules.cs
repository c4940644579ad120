using Cloudreve.Core.Infrastructure.Outgoing;

namespace Cloudreve.Core.Content.RemoteDownloads;

/// <summary>
/// The non-public addresses that links of users may lead to. They are apart from those of the site's own services: who may download sees every answer.
/// </summary>
/// <param name="Rules">The rules.</param>
public sealed record DownloadRules(OutgoingRules Rules);

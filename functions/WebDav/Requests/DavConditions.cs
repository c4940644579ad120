using System.Globalization;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Functions.WebDav.Answers;
using Cloudreve.Functions.WebDav.Properties;
using Microsoft.Extensions.Primitives;

namespace Cloudreve.Functions.WebDav.Requests;

/// <summary>Checks the conditions that clients state about resources before changing them.</summary>
/// <param name="places">Finds the resources.</param>
internal sealed class DavConditions(DavPlaces places, DriveLocks locks)
{
    /// <summary>
    /// Checks the header If. No transaction without it; otherwise one for the locks, and those of each resource with a stated ETag.
    /// </summary>
    /// <returns>Tokens of the drive's locks that the client has shown to hold.</returns>
    /// <exception cref="DavException">400: malformed; 412: none of the lists holds.</exception>
    public async Task<IReadOnlyList<string>> CheckAsync(DavCall call, CancellationToken cancellationToken)
    {
        var header = call.Request.Headers["If"].ToString();
        if (header.Length == 0)
            return [];
        var lists = IfHeader.Parse(header) ?? throw new DavException(StatusCodes.Status400BadRequest, "The If header is malformed.");
        var held = (await locks.ReadAsync(call.Caller.UserId, cancellationToken)).Locks;
        var etags = new Dictionary<DavPath, string?>();
        foreach (var list in lists)
        {
            if (await HoldsAsync(call, list, held, etags, cancellationToken))
            {
                var stated = lists.SelectMany(l => l.Conditions).Select(c => c.Token).OfType<string>().ToList();
                return [.. held.Where(l => stated.Exists(uri => LockTokens.IsOf(l, uri))).Select(l => l.Token)];
            }
        }
        throw new DavException(StatusCodes.Status412PreconditionFailed, "The conditions in the If header are not met.");
    }

    /// <summary>Checks the headers If-Match, If-None-Match and If-Unmodified-Since (RFC 9110, section 13).</summary>
    /// <param name="entry">The entry that the request addresses; null for none.</param>
    /// <exception cref="DavException">412: they do not hold.</exception>
    public static void Require(DavCall call, FileRecord? entry)
    {
        var headers = call.Request.Headers;
        var etag = entry is null ? null : DavETags.Of(call.Site, entry);
        var fails = (headers.IfMatch.Count > 0 && !Matches(headers.IfMatch, etag, entry is not null))
            || (headers.IfNoneMatch.Count > 0 && Matches(headers.IfNoneMatch, etag, entry is not null))
            || (headers.IfMatch.Count == 0 && TimeOf(headers.IfUnmodifiedSince) is { } time && entry is not null && Seconds(entry.UpdatedAt) > time);
        if (fails)
            throw new DavException(StatusCodes.Status412PreconditionFailed, "The resource is not in the expected state.");
    }

    /// <summary>Checks If-Match and If-Unmodified-Since of a request that reads; content that it knows already is not a failure there.</summary>
    /// <exception cref="DavException">412: they do not hold.</exception>
    public static void RequireForReading(DavCall call, FileRecord file)
    {
        var headers = call.Request.Headers;
        var holds = headers.IfMatch.Count > 0
            ? Matches(headers.IfMatch, DavETags.Of(call.Site, file), exists: true)
            : TimeOf(headers.IfUnmodifiedSince) is not { } time || Seconds(file.UpdatedAt) <= time;
        if (!holds)
            throw new DavException(StatusCodes.Status412PreconditionFailed, "The resource is not in the expected state.");
    }

    /// <summary>Checks whether a request states any conditions that <see cref="Require"/> checks.</summary>
    public static bool IsConditional(HttpRequest request) =>
        request.Headers.IfMatch.Count > 0 || request.Headers.IfNoneMatch.Count > 0 || request.Headers.IfUnmodifiedSince.Count > 0;

    /// <summary>Checks whether a client already has the content.</summary>
    /// <param name="request">A request for it.</param>
    /// <param name="etag">Its ETag.</param>
    /// <param name="changedAt">The time it last changed.</param>
    public static bool IsKnown(HttpRequest request, string etag, DateTimeOffset changedAt) => request.Headers.IfNoneMatch.Count > 0
        ? Matches(request.Headers.IfNoneMatch, etag, exists: true)
        : TimeOf(request.Headers.IfModifiedSince) is { } time && Seconds(changedAt) <= time;

    private static bool Matches(StringValues header, string? etag, bool exists) => header
        .SelectMany(line => (line ?? "").Split(','))
        .Select(text => text.Trim())
        .Any(text => text == "*" ? exists : etag is not null && (text == etag || text == "W/" + etag));

    private static DateTimeOffset? TimeOf(StringValues header) =>
        DateTimeOffset.TryParseExact(header.ToString(), "R", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private static DateTimeOffset Seconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    private async Task<bool> HoldsAsync(
        DavCall call, IfList list, IReadOnlyList<DriveLock> held, Dictionary<DavPath, string?> etags, CancellationToken cancellationToken)
    {
        var path = list.Resource is null ? call.Path : DavDestination.Find(call, list.Resource);
        if (path is null)
            return false;
        var place = call.UriOf(path).Path;
        foreach (var condition in list.Conditions)
        {
            var holds = condition.Token is { } token
                ? held.Any(l => LockTokens.IsOf(l, token) && (l.Path.Equals(place) || (l.IsInfinite && l.Path.Contains(place))))
                : condition.ETag == await ETagAsync(call, path, etags, cancellationToken);
            if (holds == condition.IsNegated)
                return false;
        }
        return true;
    }

    private async Task<string?> ETagAsync(DavCall call, DavPath path, Dictionary<DavPath, string?> known, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(path, out var etag))
            return etag;
        var found = await places.FindAsync(call, path, NavigatorCapability.ListChildren, cancellationToken);
        return known[path] = found.Entry is null ? null : DavETags.Of(call.Site, found.Entry);
    }
}

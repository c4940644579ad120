using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.WebDav.Answers;
using Cloudreve.Functions.WebDav.Properties;
using Cloudreve.Functions.WebDav.Requests;

namespace Cloudreve.Functions.WebDav.Methods;

/// <summary>Handles LOCK and UNLOCK (RFC 4918, sections 9.10 and 9.11). Locks are leases: one that is not refreshed expires.</summary>
/// <param name="places">Finds the resource.</param>
/// <param name="conditions">Checks what clients state.</param>
/// <param name="operations">Creates the file of a lock where there was none.</param>
/// <param name="clock">Determines when locks end.</param>
internal sealed class DavLocking(DavPlaces places, DavConditions conditions, DriveLocks locks, DriveOperations operations, TimeProvider clock)
{
    // The owner of a lock, as the client writes it: a mail address or a name.
    private const int MaxOwner = 8_192;

    private const string Seconds = "Second-";

    private static readonly TimeSpan s_longest = TimeSpan.FromHours(1);

    /// <summary>Takes or extends a lock. Path + 5 transactions, plus those of a new file where nothing exists; three to extend one.</summary>
    public async Task LockAsync(DavCall call, CancellationToken cancellationToken)
    {
        var depth = DavDepth.Of(call.Request) ?? DavDepth.Infinity;
        if (depth == DavDepth.One)
            throw new DavException(StatusCodes.Status400BadRequest, "A lock has the depth 0 or infinity.");
        var body = await DavXml.ReadAsync(call.Request, cancellationToken);
        var tokens = await conditions.CheckAsync(call, cancellationToken);
        if (body is null)
        {
            await RefreshAsync(call, tokens, cancellationToken);
            return;
        }
        var (isShared, owner) = Read(body);
        var found = await places.FindAsync(call, call.Path, NavigatorCapability.LockFile, cancellationToken);
        if (found.Place.View.FileSystem != FileSystemKind.My)
            throw new DavException(StatusCodes.Status403Forbidden, "Only files of your own drive can be locked.");
        if (found.Entry is null)
            call.RequireName(call.Path);
        var control = await locks.ReadAsync(call.Caller.UserId, cancellationToken);
        var wanted = new DriveLock
        {
            Token = DriveLocks.NewToken(call.Caller.UserId),
            OwnerId = call.Caller.UserId,
            Path = found.Place.Path,
            IsInfinite = depth == DavDepth.Infinity && found.Entry is { Type: FileType.Folder },
            IsShared = isShared,
            Application = new LockApplication(LockApplication.WebDav, owner),
            Type = found.Entry?.Type ?? FileType.File,
            ExpiresAt = clock.GetUtcNow() + TimeoutOf(call.Request),
        };
        if (found.Entry is null)
            control.Require(wanted.Path, LockScope.Membership, tokens);
        await locks.AcquireAsync(control, wanted, cancellationToken);
        if (found.Entry is null)
            await CreateAsync(call, wanted, tokens, cancellationToken);
        call.Response.Headers["Lock-Token"] = $"<{LockTokens.UriOf(wanted)}>";
        await AnswerAsync(call, wanted, found.Entry is null ? StatusCodes.Status201Created : StatusCodes.Status200OK, cancellationToken);
    }

    /// <summary>Releases a lock. Two transactions.</summary>
    public async Task UnlockAsync(DavCall call, CancellationToken cancellationToken)
    {
        var header = call.Request.Headers["Lock-Token"].ToString().Trim();
        if (header.Length < 2 || header[0] != '<' || header[^1] != '>')
            throw new DavException(StatusCodes.Status400BadRequest, "The Lock-Token header is missing or malformed.");
        var place = await places.OpenAsync(call, call.Path, NavigatorCapability.LockFile, cancellationToken);
        var held = place.View.FileSystem == FileSystemKind.My
            ? (await locks.ReadAsync(call.Caller.UserId, cancellationToken)).Locks.FirstOrDefault(l => LockTokens.IsOf(l, header[1..^1]))
            : null;
        if (held is null || !IsWithin(call, held) || !(held.Path.Equals(place.Path) || (held.IsInfinite && held.Path.Contains(place.Path))))
        {
            throw new DavException(StatusCodes.Status409Conflict, "The lock token does not match a lock on this resource.")
            {
                Condition = "lock-token-matches-request-uri",
            };
        }
        await locks.ReleaseAsync(held, cancellationToken);
        call.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task RefreshAsync(DavCall call, IReadOnlyList<string> tokens, CancellationToken cancellationToken)
    {
        var place = await places.OpenAsync(call, call.Path, NavigatorCapability.LockFile, cancellationToken);
        var held = (await locks.ReadAsync(call.Caller.UserId, cancellationToken)).Locks.FirstOrDefault(l =>
            tokens.Contains(l.Token) && IsWithin(call, l) && (l.Path.Equals(place.Path) || (l.IsInfinite && l.Path.Contains(place.Path))));
        if (held is null)
            throw new DavException(StatusCodes.Status412PreconditionFailed, "Name the lock to extend in the If header.");
        var extended = held with { ExpiresAt = clock.GetUtcNow() + TimeoutOf(call.Request) };
        try
        {
            await locks.RefreshAsync(held, extended.ExpiresAt, cancellationToken);
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.LockTokenExpired)
        {
            throw new DavException(StatusCodes.Status412PreconditionFailed, e.Message);
        }
        await AnswerAsync(call, extended, StatusCodes.Status200OK, cancellationToken);
    }

    /// <summary>Creates the empty file of a lock where nothing exists (RFC 4918, section 7.3).</summary>
    private async Task CreateAsync(DavCall call, DriveLock wanted, IReadOnlyList<string> tokens, CancellationToken cancellationToken)
    {
        try
        {
            var work = call.NewWork([.. tokens, wanted.Token]);
            await MissingFolder.IsConflictAsync(() => operations.CreateMemberAsync(work, wanted.Path, new NewEntry(FileType.File), cancellationToken));
            await operations.PublishAsync(work, cancellationToken);
        }
        catch
        {
            await locks.ReleaseAsync(wanted, CancellationToken.None);
            throw;
        }
    }

    private async Task AnswerAsync(DavCall call, DriveLock held, int status, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        using (var xml = XmlWriter.Create(buffer, new XmlWriterSettings { Encoding = new System.Text.UTF8Encoding(false) }))
        {
            xml.WriteStartElement("D", "prop", DavXml.Namespace);
            DavLockView.WriteDiscovery(xml, [DavListing.Describe(call, held, clock.GetUtcNow())]);
            xml.WriteEndElement();
        }
        call.Response.StatusCode = status;
        call.Response.ContentType = "application/xml; charset=utf-8";
        call.Response.ContentLength = buffer.Length;
        await call.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), cancellationToken);
    }

    /// <summary>Checks whether a lock is below the account's root: locks above it belong to clients that see more.</summary>
    private static bool IsWithin(DavCall call, DriveLock held) => held.Path.Equals(call.Account.Root.Path) || call.Account.Root.Path.Contains(held.Path);

    private static (bool IsShared, string? Owner) Read(XElement body)
    {
        var scope = body.Element(DavXml.Dav + "lockscope");
        var isShared = scope?.Element(DavXml.Dav + "shared") is not null;
        if (body.Name != DavXml.Dav + "lockinfo" || (!isShared && scope?.Element(DavXml.Dav + "exclusive") is null)
            || body.Element(DavXml.Dav + "locktype")?.Element(DavXml.Dav + "write") is null)
            throw new DavException(StatusCodes.Status400BadRequest, "The body is not a lockinfo request.");
        var owner = body.Element(DavXml.Dav + "owner")?.ToString(SaveOptions.DisableFormatting);
        return owner?.Length > MaxOwner
            ? throw new DavException(StatusCodes.Status400BadRequest, "The owner of the lock is too long.")
            : (isShared, owner);
    }

    /// <summary>The first of the times that a client offers, at most an hour (RFC 4918, section 10.7).</summary>
    private static TimeSpan TimeoutOf(HttpRequest request)
    {
        foreach (var offer in request.Headers["Timeout"].ToString().Split(',', StringSplitOptions.TrimEntries))
        {
            if (offer.StartsWith(Seconds, StringComparison.OrdinalIgnoreCase)
                && long.TryParse(offer.AsSpan(Seconds.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0)
                return TimeSpan.FromSeconds(Math.Min(seconds, s_longest.TotalSeconds));
        }
        return s_longest;
    }
}

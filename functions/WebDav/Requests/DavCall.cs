using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.WebDav;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Files.Changes;
using Cloudreve.Functions.WebDav.Answers;

namespace Cloudreve.Functions.WebDav.Requests;

/// <summary>A request of a WebDAV client that was let in.</summary>
/// <param name="Http">The request.</param>
/// <param name="Caller">The user whose client it is.</param>
/// <param name="Account">The account that the client uses.</param>
/// <param name="Path">The path that it points to.</param>
internal sealed record DavCall(HttpContext Http, Caller Caller, SiteSettings Site, DavAccount Account, DavPath Path)
{
    /// <summary>The request.</summary>
    public HttpRequest Request => Http.Request;

    /// <summary>The answer.</summary>
    public HttpResponse Response => Http.Response;

    /// <summary>The state that the changes of the request share.</summary>
    /// <param name="lockTokens">Tokens of locks that the client holds.</param>
    public DriveWork NewWork(IReadOnlyCollection<string> lockTokens) =>
        new(Caller.UserId, RequestActor.Of(Http, Caller)) { LockTokens = lockTokens };

    /// <summary>Throws for a name that the account's clients may not create.</summary>
    /// <param name="path">The path of the new entry.</param>
    /// <exception cref="DavException">405: a name that begins with a dot, where the account refuses them; 400: an escaped slash.</exception>
    public void RequireName(DavPath path)
    {
        if (Account.Has(DavAccountOption.DisableSystemFiles) && path.Name.StartsWith('.'))
            throw new DavException(StatusCodes.Status405MethodNotAllowed, "The account does not accept system files.");
        // The Functions host passes an escaped slash on as these characters, so the client's intention cannot be determined.
        if (ReferenceEquals(path, Path) && path.Name.Contains("%2F", StringComparison.OrdinalIgnoreCase))
            throw new DavException(StatusCodes.Status400BadRequest, "A name cannot contain an escaped slash.");
    }

    /// <summary>The URI of a path.</summary>
    public FileUri UriOf(DavPath path) => path.In(Account.Root);
}

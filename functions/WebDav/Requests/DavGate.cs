using System.Text;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.LoginActivities;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.WebDav;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Session;
using Cloudreve.Functions.WebDav.Answers;
using Cloudreve.Functions.WebDav.Methods;

namespace Cloudreve.Functions.WebDav.Requests;

/// <summary>
/// Authenticates WebDAV clients: mail address and password of a WebDAV account come with each request (contract, section 20). No transaction for a
/// client that was let in recently.
/// </summary>
/// <param name="signIn">Compares passwords.</param>
/// <param name="activities">Notes failures for the user to see.</param>
internal sealed class DavGate(SettingStore settings, DavSignIn signIn, UserStore users, SiteCatalog catalog, LoginActivityLog activities)
{
    private const string Scheme = "Basic ";

    /// <summary>Handles a request that only reads.</summary>
    /// <param name="handle">Handles it.</param>
    public IResult Read(Func<DavCall, Task> handle, CancellationToken cancellationToken) =>
        new DavAnswer(async http => await handle(await AdmitAsync(http, cancellationToken)));

    /// <summary>Handles a request that may change something.</summary>
    /// <param name="handle">Handles it.</param>
    public IResult Change(Func<DavCall, Task> handle, CancellationToken cancellationToken) => new DavAnswer(async http =>
    {
        var call = await AdmitAsync(http, cancellationToken);
        if (call.Account.Has(DavAccountOption.ReadOnly))
            throw new DavException(StatusCodes.Status403Forbidden, "The account is read-only.");
        await handle(call);
    });

    /// <summary>Handles OPTIONS, which clients send before they know that they must sign in.</summary>
    /// <param name="options">Answers.</param>
    public IResult Options(DavOptions options, CancellationToken cancellationToken) => new DavAnswer(async http =>
    {
        if (http.Request.Headers.Authorization.Count == 0)
            DavOptions.AnswerAnybody(http.Response);
        else
            await options.AnswerAsync(await AdmitAsync(http, cancellationToken), cancellationToken);
    });

    private async Task<DavCall> AdmitAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var path = DavPath.Of(http);
        if (ReadCredentials(http.Request) is not var (email, password))
            throw new DavException(StatusCodes.Status401Unauthorized, "Sign in with your email address and the password of a WebDAV account.");
        var site = await settings.GetAsync(cancellationToken);
        var client = ClientAddress.Of(ClientAddresses.Of(http));
        var login = await signIn.SignInAsync(site, email, password, client, cancellationToken);
        if (login.Account is not { } account)
        {
            if (login.UserId != 0)
                await activities.AddFailureAsync(login.UserId, SignInClient.Describe(http, LoginMethod.Password) with { WebDav = true }, cancellationToken);
            throw new DavException(StatusCodes.Status401Unauthorized, "Wrong email address or password.");
        }
        if (await users.FindRecentAsync(login.UserId, cancellationToken) is not { Status: UserStatus.Active, IsLeaving: false } user
            || await catalog.FindGroupAsync(user.GroupId, cancellationToken) is not { } group)
            throw new DavException(StatusCodes.Status401Unauthorized, "The user is not active.");
        if (!group.Allows(GroupPermission.WebDav))
            throw new DavException(StatusCodes.Status403Forbidden, "Your group may not use WebDAV.");
        return new DavCall(http, new Caller(user, group) { Client = client }, site, account, path);
    }

    private static (string Email, string Password)? ReadCredentials(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        var text = header[Scheme.Length..].Trim();
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length))
            return null;
        var pair = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : (pair[..colon], pair[(colon + 1)..]);
    }
}

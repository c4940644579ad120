using System.Globalization;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.WebDav;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Boolsets;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Text;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Devices;

/// <summary>WebDAV accounts of the caller (contract, section 20).</summary>
internal sealed class DavAccountFunctions(DavAccounts accounts)
{
    private const int MinPageSize = 10;
    private const int MaxPageSize = 100;

    /// <summary>Lists the caller's WebDAV accounts, the newest first.</summary>
    [Function("ListDavAccounts")]
    [Requires(AuthClass.Required, OAuthScopes.DavAccountRead, LiveSignIn = true)]
    [NeverStored]
    [QueryParameter<int>("page_size", IsRequired = true)]
    [QueryParameter<string>("next_page_token")]
    [Answers<DavAccountListResponse>]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/devices/dav")] HttpRequest request, ApiCall call,
        CancellationToken cancellationToken)
    {
        call.Caller.Require(GroupPermission.WebDav);
        if (!int.TryParse(request.OptionalText("page_size"), NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            || size is < MinPageSize or > MaxPageSize)
            throw new CloudreveException(ErrorCode.BadParameter, "The page size must be between 10 and 100.");
        var token = request.OptionalText("next_page_token") is { Length: > 0 } given ? given : null;
        var page = await accounts.ListAsync(call.Caller.UserId, size, token, cancellationToken);
        return ApiResponse.Ok(new DavAccountListResponse(
            [.. page.Accounts.Select(account => Present(call.Site, account))], new PaginationResponse(0, size, IsCursor: true) { NextToken = page.NextToken }));
    }

    /// <summary>Creates a WebDAV account with a generated password.</summary>
    [Function("CreateDavAccount")]
    [Requires(AuthClass.Required, OAuthScopes.DavAccountWrite, LiveSignIn = true)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<DavAccountResponse>]
    public async Task<IResult> CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/devices/dav")] HttpRequest request, [JsonBody] DavAccountRequest body,
        ApiCall call, CancellationToken cancellationToken)
    {
        var terms = ReadTerms(body, call);
        return ApiResponse.Ok(Present(call.Site, await accounts.CreateAsync(call.Caller.UserId, terms, cancellationToken)));
    }

    /// <summary>Changes a WebDAV account; its password stays.</summary>
    [Function("UpdateDavAccount")]
    [Requires(AuthClass.Required, OAuthScopes.DavAccountWrite, LiveSignIn = true)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<DavAccountResponse>]
    public async Task<IResult> UpdateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/v4/devices/dav/{id}")] HttpRequest request, string id,
        [JsonBody] DavAccountRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var terms = ReadTerms(body, call);
        var changed = await accounts.ChangeAsync(call.Caller.UserId, ReadId(id, call.Site), terms, cancellationToken) ?? throw Unknown();
        return ApiResponse.Ok(Present(call.Site, changed));
    }

    /// <summary>Deletes a WebDAV account.</summary>
    [Function("DeleteDavAccount")]
    [Requires(AuthClass.Required, OAuthScopes.DavAccountWrite, LiveSignIn = true)]
    [BodyLimit(BodyLimitAttribute.None)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/devices/dav/{id}")] HttpRequest request, string id, ApiCall call,
        CancellationToken cancellationToken)
    {
        // Users who may no longer use WebDAV may still tidy up.
        if (!await accounts.DeleteAsync(call.Caller.UserId, ReadId(id, call.Site), cancellationToken))
            throw Unknown();
        return ApiResponse.Ok();
    }

    private static DavAccountTerms ReadTerms(DavAccountRequest body, ApiCall call)
    {
        call.Caller.Require(GroupPermission.WebDav);
        if (body.Name.CountCharacters() is 0 or > DavAccount.MaxName)
            throw new CloudreveException(ErrorCode.BadParameter, "The name must have 1 to 255 characters.");
        var root = FileUri.Parse(body.Uri);
        if (root.FileSystem is not (FileSystemKind.My or FileSystemKind.Share) || root.Query.Count > 0)
            throw new CloudreveException(ErrorCode.BadParameter, "The root must be a folder of your drive or of a share link.");
        if (root.FileSystem == FileSystemKind.My && root.Id.Length > 0 && root.Id != call.Site.HashIds.Encode(call.Caller.UserId, HashIdKind.User))
            throw new CloudreveException(ErrorCode.NoPermission, "You do not have access to this drive.");
        var options = new Boolset()
            .With((int)DavAccountOption.ReadOnly, body.Readonly == true)
            // Silently dropped if the group may not stream (contract, section 20).
            .With((int)DavAccountOption.Proxy, body.Proxy == true && call.Caller.Group.Allows(GroupPermission.WebDavProxy))
            .With((int)DavAccountOption.DisableSystemFiles, body.DisableSysFiles == true);
        return new DavAccountTerms(body.Name, root, options);
    }

    private static long ReadId(string id, SiteSettings site) => site.HashIds.TryDecode(id, HashIdKind.DavAccount, out var number) ? number : throw Unknown();

    private static DavAccountResponse Present(SiteSettings site, DavAccount account) => new(
        site.HashIds.Encode(account.Id, HashIdKind.DavAccount), account.CreatedAt, account.Name, account.Root.ToString(), account.PasswordOf(site),
        account.Options.ToString());

    private static CloudreveException Unknown() => new(ErrorCode.NotFound, "The WebDAV account does not exist.");
}

using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Mails.Smtp;
using Cloudreve.Core.Content.Thumbnails.Programs;
using Cloudreve.Core.Content.Viewers;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using MimeKit;

namespace Cloudreve.Functions.Api.Admin.Tools;

/// <summary>Tools of the administration (contract, section 24).</summary>
internal sealed class AdminToolFunctions(TestMail mails, EntityUrlCache addresses, WopiDiscovery wopi)
{
    private const int MaxAddress = 254;

    /// <summary>Sends a mail with the settings of a form that may not be stored yet.</summary>
    [Function("AdminSendTestMail")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> SendMailAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/tool/mail")] HttpRequest request,
        [JsonBody] SendTestMailRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        if (body.To.Length > MaxAddress || !MailboxAddress.TryParse(body.To, out var address) || address.Address != body.To || address.Domain.Length == 0)
            throw new CloudreveException(ErrorCode.BadParameter, "The recipient's email address is invalid.");
        await mails.SendAsync(call.Site, body.Settings ?? new Dictionary<string, string?>(), body.To, cancellationToken);
        return ApiResponse.Ok();
    }

    /// <summary>Returns the version of a program that makes thumbnails.</summary>
    [Function("AdminTestThumbExecutable")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<string>]
    public static async Task<IResult> TestProgramAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/tool/thumbExecutable")] HttpRequest request,
        [JsonBody] TestProgramRequest body, ApiCall call, CancellationToken cancellationToken) =>
        ApiResponse.Ok(await ProgramVersion.AskAsync(call.Site, body.Name, body.Executable, cancellationToken));

    /// <summary>Returns the viewers that a WOPI server offers; they become the site's when the settings are saved.</summary>
    [Function("AdminFetchWopiDiscovery")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [QueryParameter<string>("endpoint", IsRequired = true)]
    [Answers<ViewerGroup>]
    public async Task<IResult> DiscoverWopiAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/tool/wopi")] HttpRequest request, CancellationToken cancellationToken) =>
        ApiResponse.Ok(await wopi.ReadAsync(request.RequiredText("endpoint"), cancellationToken));

    /// <summary>Makes all processes create new download addresses.</summary>
    [Function("AdminClearEntityUrlCache")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> ClearAddressesAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/admin/tool/entityUrlCache")] HttpRequest request, CancellationToken cancellationToken)
    {
        await addresses.ClearAsync(cancellationToken);
        return ApiResponse.Ok();
    }
}

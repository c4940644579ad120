using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Tokens;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Editing;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Admin.Settings;

/// <summary>Shows and changes the site's settings (contract, section 24). Other processes follow within <see cref="SettingStore.MaxAge"/>.</summary>
internal sealed class AdminSettingFunctions(SettingStore settings, SecretRotation rotation, GroupEditor groups)
{
    private const int MaxKeys = 1000;

    /// <summary>Returns settings by their keys.</summary>
    [Function("AdminGetSettings")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<IReadOnlyDictionary<string, string>>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/settings")] HttpRequest request,
        [JsonBody] GetSettingsRequest body, CancellationToken cancellationToken)
    {
        if (body.Keys.Count > MaxKeys)
            throw new CloudreveException(ErrorCode.BadParameter, "Too many settings in one request.");
        return Show(body.Keys.OfType<string>(), await settings.GetAsync(cancellationToken));
    }

    /// <summary>
    /// Changes settings, and returns their new values. Not for applications: settings decide who can sign in, and whose scripts run.
    /// </summary>
    [Function("AdminSetSettings")]
    [Requires(AuthClass.Admin)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<IReadOnlyDictionary<string, string>>]
    public async Task<IResult> SetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/v4/admin/settings")] HttpRequest request,
        [JsonBody] SetSettingsRequest body, CancellationToken cancellationToken)
    {
        var changes = rotation.Check(body.Settings, await settings.GetAsync(cancellationToken));
        if (changes.TryGetValue(AccountSetting.DefaultGroup.Key, out var group))
            await groups.CheckDefaultAsync(AccountSetting.DefaultGroup.Read(group), cancellationToken);
        if (changes.Count > 0)
            await settings.SetAsync(changes, cancellationToken);
        return Show(body.Settings.Keys, await settings.GetAsync(cancellationToken));
    }

    /// <summary>
    /// Settings, with a placeholder for secrets. One that the site does not have is empty, since the front end requests those of all editions.
    /// </summary>
    private static ApiResponse<IReadOnlyDictionary<string, string>> Show(IEnumerable<string> keys, SiteSettings site)
    {
        var shown = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in keys)
        {
            if (SettingChange.Find(key) is not { } setting)
                shown[key] = "";
            else if ((setting.IsSecret ? SettingChange.ShowSecret(setting, site) : site.TextOf(setting)) is { } text)
                shown[key] = text;
        }
        return ApiResponse.Ok<IReadOnlyDictionary<string, string>>(shown);
    }
}

using System.Text.Json.Serialization;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Admin.Settings;

/// <summary>The body of a question for settings.</summary>
/// <param name="Keys">Their keys.</param>
internal sealed record GetSettingsRequest(IReadOnlyList<string?> Keys);

/// <summary>The body of a change of settings.</summary>
/// <param name="Settings">New texts by key.</param>
internal sealed record SetSettingsRequest(IReadOnlyDictionary<string, string?> Settings);

/// <summary>JSON of the group.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(GetSettingsRequest))]
[JsonSerializable(typeof(SetSettingsRequest))]
[JsonSerializable(typeof(ApiResponse<IReadOnlyDictionary<string, string>>))]
internal sealed partial class AdminSettingJsonContext : JsonSerializerContext;

/// <summary>Shows and changes the site's settings (contract, section 24). Other processes follow within <see cref="SettingStore.MaxAge"/>.</summary>
internal static class AdminSettingEndpoints
{
    private const int MaxKeys = 1000;

    /// <summary>Maps the group.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapAdminSettingEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapPost("/admin/settings", GetAsync).WithName("AdminGetSettings").Auth(AuthClass.Admin, OAuthScopes.AdminRead);
        api.MapPatch("/admin/settings", SetAsync).WithName("AdminSetSettings").Auth(AuthClass.Admin, OAuthScopes.AdminWrite);
    }

    private static async Task<ApiResponse<IReadOnlyDictionary<string, string>>> GetAsync(
        GetSettingsRequest request, SettingStore settings, CancellationToken cancellationToken)
    {
        if (request.Keys.Count > MaxKeys)
            throw new CloudreveException(ErrorCode.BadParameter, "Too many settings in one request.");
        return Show(request.Keys.OfType<string>(), await settings.GetAsync(cancellationToken));
    }

    private static async Task<ApiResponse<IReadOnlyDictionary<string, string>>> SetAsync(
        SetSettingsRequest request, SettingStore settings, CancellationToken cancellationToken)
    {
        SettingChange.Check(request.Settings);
        await settings.SetAsync(request.Settings.ToDictionary(pair => pair.Key, pair => pair.Value!, StringComparer.Ordinal), cancellationToken);
        return Show(request.Settings.Keys, await settings.GetAsync(cancellationToken));
    }

    /// <summary>Settings without secrets. One that the site does not have is empty, since the front end asks for those of all editions.</summary>
    private static ApiResponse<IReadOnlyDictionary<string, string>> Show(IEnumerable<string> keys, SiteSettings site)
    {
        var shown = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in keys)
        {
            if (SettingChange.Find(key) is not { } setting)
                shown[key] = "";
            else if (!setting.IsSecret)
                shown[key] = site.TextOf(setting);
        }
        return ApiResponse.Ok<IReadOnlyDictionary<string, string>>(shown);
    }
}

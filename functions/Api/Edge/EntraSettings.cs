using Microsoft.Identity.Web;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>The app's registration in Microsoft Entra ID, whose access tokens the API takes; from the app settings.</summary>
/// <param name="Instance">The address of the service.</param>
/// <param name="TenantId">The tenant; <c>organizations</c> for any.</param>
/// <param name="ClientId">The registration's id.</param>
internal sealed record EntraSettings(string Instance, string TenantId, string ClientId)
{
    /// <summary>The name under which tokens of Entra are checked.</summary>
    public const string Scheme = "Entra";

    // A name that no scheme has: nothing is checked before the edge requests it.
    private const string NoScheme = "none";

    private const string DefaultInstance = "https://login.microsoftonline.com/";

    // The first requests wait for the keys of the service.
    private static readonly TimeSpan BackchannelTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Reads the settings; null when there is no registration.</summary>
    /// <param name="configuration">The app settings.</param>
    public static EntraSettings? Read(IConfiguration configuration) =>
        configuration["CLOUDREVE_ENTRA_TENANT_ID"] is { Length: > 0 } tenant && configuration["CLOUDREVE_ENTRA_CLIENT_ID"] is { Length: > 0 } client
            ? new EntraSettings(configuration["CLOUDREVE_ENTRA_INSTANCE"] is { Length: > 0 } instance ? instance : DefaultInstance, tenant, client)
            : null;

    /// <summary>Adds the validation of tokens by Microsoft.Identity.Web.</summary>
    public void AddTo(IServiceCollection services) => services.AddAuthentication(NoScheme).AddMicrosoftIdentityWebApiAot(
        options =>
        {
            options.Instance = Instance;
            options.TenantId = TenantId;
            options.ClientId = ClientId;
        },
        Scheme,
        bearer =>
        {
            bearer.MapInboundClaims = false;
            bearer.BackchannelTimeout = BackchannelTimeout;
        });
}

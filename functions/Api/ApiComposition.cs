using System.Text.Json.Serialization;
using Cloudreve.Core.Captchas;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Identity.SignUps;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Admin.Settings;
using Cloudreve.Functions.Api.Callback;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files;
using Cloudreve.Functions.Api.Files.DirectLinks;
using Cloudreve.Functions.Api.Files.Downloads;
using Cloudreve.Functions.Api.Files.Info;
using Cloudreve.Functions.Api.Files.Archives;
using Cloudreve.Functions.Api.Files.Changes;
using Cloudreve.Functions.Api.Files.Properties;
using Cloudreve.Functions.Api.Files.Uploads;
using Cloudreve.Functions.Api.Files.Viewers;
using Cloudreve.Functions.Api.Groups;
using Cloudreve.Functions.Api.Session;
using Cloudreve.Functions.Api.Session.OAuth;
using Cloudreve.Functions.Api.Session.OpenId;
using Cloudreve.Functions.Api.Session.Passkeys;
using Cloudreve.Functions.Api.Shares;
using Cloudreve.Functions.Api.Site;
using Cloudreve.Functions.Api.Users;
using Cloudreve.Functions.Api.Users.Avatars;
using Cloudreve.Functions.Api.Users.Finance;
using Cloudreve.Functions.Api.Users.SignUps;
using Cloudreve.Functions.Api.Users.Security;
using Cloudreve.Functions.Api.Users.Settings;
using Cloudreve.Functions.Api.Workflow;

namespace Cloudreve.Functions.Api;

/// <summary>Puts the API together: its services, the edge that every request passes, and its endpoints.</summary>
internal static class ApiComposition
{
    /// <summary>The JSON of each API group; a new group adds its context here and its endpoints below.</summary>
    private static readonly JsonSerializerContext[] JsonContexts =
    [
        EdgeJsonContext.Default, SiteJsonContext.Default, SessionJsonContext.Default, PasskeyJsonContext.Default, OAuthJsonContext.Default,
        OpenIdJsonContext.Default, UserJsonContext.Default, SignUpJsonContext.Default, PreferenceJsonContext.Default, ShareJsonContext.Default, AdminSettingJsonContext.Default,
        UserSettingJsonContext.Default, GroupJsonContext.Default, UserFinanceJsonContext.Default,
        FileJsonContext.Default, DirectLinkJsonContext.Default, ArchiveJsonContext.Default,
        ChangeJsonContext.Default, PropertyJsonContext.Default, UploadJsonContext.Default, ViewerJsonContext.Default, WorkflowJsonContext.Default,
    ];

    /// <summary>
    /// Adds what the API needs. The host adds the storage account, its layout and the clock as singletons.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The app settings.</param>
    public static IServiceCollection AddCloudreveApi(this IServiceCollection services, IConfiguration configuration)
    {
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(options =>
        {
            ApiJson.Configure(options.SerializerOptions);
            foreach (var context in JsonContexts)
                options.SerializerOptions.TypeInfoResolverChain.Insert(0, context);
        });
        services.AddSingleton(BootstrapSettings.Read(configuration));
        services.AddIdentity();
        services.AddCaptchas();
        services.AddSignUps();
        services.AddSingleton<SignInFailures>();
        services.AddSingleton<AbuseReports>();
        services.AddFileSystem();
        services.AddViewers();
        services.AddSingleton<DownloadAddresses>();
        services.AddSingleton<DirectLinkTarget>();
        services.AddSingleton<FileDetails>();
        services.AddSingleton<SharePresenter>();
        services.AddSingleton<SignInAnswers>();
        services.AddSingleton<ErrorBoundary>();
        if (EntraSettings.Read(configuration) is { } entra)
        {
            entra.AddTo(services);
            services.AddSingleton<EntraCallers>();
        }
        services.AddSingleton<Authorization>();
        return services;
    }

    /// <summary>
    /// Adds the edge to the pipeline: correlation, error envelopes, routing and authorisation. An endpoint of any
    /// path without <see cref="AuthRequirement"/> is refused.
    /// </summary>
    /// <param name="app">The app.</param>
    public static WebApplication UseApiEdge(this WebApplication app)
    {
        app.Use(ApiEdge.SetHeadersAsync);
        app.Use(app.Services.GetRequiredService<ErrorBoundary>().InvokeAsync);
        app.UseRouting();
        app.Use(ApiEdge.RefuseUnknownRoutesAsync);
        app.Use(app.Services.GetRequiredService<Authorization>().InvokeAsync);
        return app;
    }

    /// <summary>Maps the endpoints of all API groups.</summary>
    /// <param name="app">The app.</param>
    public static WebApplication MapCloudreveApi(this WebApplication app)
    {
        var api = app.MapGroup(ApiEdge.Prefix).WithMetadata(new BodyLimit(ApiEdge.MaxJsonBody));
        api.MapSiteEndpoints();
        api.MapSessionEndpoints();
        api.MapPasskeyEndpoints();
        api.MapOAuthEndpoints();
        api.MapOpenIdEndpoints();
        api.MapUserEndpoints();
        api.MapSignUpEndpoints();
        api.MapUserSettingEndpoints();
        api.MapPreferenceEndpoints();
        api.MapAvatarEndpoints();
        api.MapShareEndpoints();
        api.MapAdminSettingEndpoints();
        api.MapShareListEndpoints();
        api.MapTwoFactor();
        api.MapGroupEndpoints();
        api.MapUserFinanceEndpoints();
        api.MapFileEndpoints();
        api.MapChangeEndpoints();
        api.MapUploadEndpoints();
        api.MapContentEndpoints();
        api.MapCallbackEndpoints();
        api.MapPropertyEndpoints();
        api.MapWorkflowEndpoints();
        app.MapWebManifest();
        app.MapDirectLinks();
        app.MapShareRedirects();
        app.MapUploadAddresses();
        return app;
    }
}

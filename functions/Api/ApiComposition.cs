using Cloudreve.Core;
using Cloudreve.Functions.Api.Admin.Policies;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files;
using Cloudreve.Functions.Api.Files.DirectLinks;
using Cloudreve.Functions.Api.Files.Viewers;
using Cloudreve.Functions.Api.Session;
using Cloudreve.Functions.Api.Shares;
using Cloudreve.Functions.Api.Workflow;

namespace Cloudreve.Functions.Api;

/// <summary>Registers the services of the API.</summary>
internal static class ApiComposition
{
    /// <summary>Adds the services that the functions of the API need; storage account, its layout and the clock are registered already.</summary>
    /// <param name="configuration">The app settings.</param>
    public static IServiceCollection AddCloudreveApi(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddCore();
        services.AddSingleton<SignInFailures>();
        services.AddViewers();
        services.AddFileApi();
        services.AddSingleton<DirectLinkTarget>();
        services.AddSingleton<WorkflowStarts>();
        services.AddSingleton<SharePresenter>();
        services.AddSingleton<SignInAnswers>();
        services.AddSingleton<AdminPolicyPresenter>();
        if (EntraSettings.Read(configuration) is { } entra)
        {
            entra.AddTo(services);
            services.AddSingleton<EntraCallers>();
        }
        return services;
    }
}

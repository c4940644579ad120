using Cloudreve.Functions.Startup;

namespace Cloudreve.Functions.FrontEnd;

/// <summary>Adds the pages for browsers.</summary>
internal static class FrontEndComposition
{
    /// <summary>Adds the front end of the app settings, or a page about the app where there is none.</summary>
    public static IServiceCollection AddFrontEnd(this IServiceCollection services) => services.AddSingleton<PagePolicy>().AddSingleton<IFrontEnd>(
        provider => provider.GetRequiredService<AppSettings>().FrontEndFolder is { } folder
            ? ActivatorUtilities.CreateInstance<BuiltFrontEnd>(provider, folder)
            : ActivatorUtilities.CreateInstance<StatusPage>(provider));
}

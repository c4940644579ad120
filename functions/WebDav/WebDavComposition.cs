using Cloudreve.Functions.WebDav.Methods;
using Cloudreve.Functions.WebDav.Requests;
using Cloudreve.Functions.WebDav.Uploads;

namespace Cloudreve.Functions.WebDav;

/// <summary>Registers the WebDAV server.</summary>
internal static class WebDavComposition
{
    /// <summary>Adds the services; accounts, drives and downloads come from elsewhere.</summary>
    /// <param name="services">The app's services.</param>
    public static IServiceCollection AddWebDav(this IServiceCollection services)
    {
        services.AddSingleton<DavGate>();
        services.AddSingleton<DavPlaces>();
        services.AddSingleton<DavConditions>();
        services.AddSingleton<DavOptions>();
        services.AddSingleton<DavReading>();
        services.AddSingleton<DavListing>();
        services.AddSingleton<DavPropertyChange>();
        services.AddSingleton<DavWriting>();
        services.AddSingleton<DavDeletion>();
        services.AddSingleton<DavTransfer>();
        services.AddSingleton<DavLocking>();
        services.AddSingleton<DavUploads>();
        services.AddSingleton<DavMethods>();
        return services;
    }
}

using Cloudreve.Core.Site.Bootstrap;

namespace Cloudreve.Functions.Startup;

/// <summary>The app settings for a new site.</summary>
internal static class BootstrapSettings
{
    /// <summary>Reads the settings.</summary>
    /// <param name="configuration">The app settings.</param>
    public static BootstrapOptions Read(IConfiguration configuration)
    {
        var options = new BootstrapOptions
        {
            AdminPassword = Given(configuration, "CLOUDREVE_ADMIN_PASSWORD"),
            SiteUrl = SiteUrl(configuration),
            // Elsewhere standard output is a log, and logs are kept.
            AnnounceAdmin = Given(configuration, "CLOUDREVE_ANNOUNCE_ADMIN") is "1" ? Announce : null,
        };
        return Given(configuration, "CLOUDREVE_ADMIN_EMAIL") is { } email ? options with { AdminEmail = email } : options;
    }

    private static string SiteUrl(IConfiguration configuration)
    {
        if (Given(configuration, "CLOUDREVE_SITE_URL") is { } url)
            return url;
        // The platform sets the app's host; a local Functions host sets itself there.
        if (Given(configuration, "WEBSITE_HOSTNAME") is { } host)
            return (host.StartsWith("localhost", StringComparison.OrdinalIgnoreCase) ? "http://" : "https://") + host;
        return "http://localhost:7071";
    }

    private static string? Given(IConfiguration configuration, string key) => configuration[key] is { Length: > 0 } value ? value : null;

    /// <summary>The only place where a password is shown: it was generated for a site that nobody can sign in to yet.</summary>
    private static void Announce(string email, string password)
    {
        Console.WriteLine("The first administrator was created. Sign in and change the password.");
        Console.WriteLine("  mail address: " + email);
        Console.WriteLine("  password:     " + password);
    }
}

using System.Security.Cryptography;
using Cloudreve.AzureStorage;
using Cloudreve.Dev.Running;

namespace Cloudreve.Dev.Demo;

/// <summary>Makes sure that the demo can sign in as the administrator.</summary>
internal static class DemoAccount
{
    private const string Email = "admin@cloudreve.local";

    /// <summary>Uses the given password, or generates one for a site that does not exist yet.</summary>
    /// <param name="settings">The settings of the run; they receive the administrator's.</param>
    /// <exception cref="CommandException">The site exists and its password was not given.</exception>
    public static async Task<DemoImport> PrepareAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        var connection = settings[RunSettings.Storage]
            ?? throw new CommandException($"--demo needs a connection string in {RunSettings.Storage}.");
        var account = new StorageAccount(new StorageAccountOptions { ConnectionString = connection });
        // Two lines for each call would push the progress bar away.
        settings.SetDefault(RunSettings.FunctionLogLevel, "Warning");
        settings.SetDefault(RunSettings.AdminEmail, Email);
        var email = settings[RunSettings.AdminEmail]!;
        if (settings[RunSettings.AdminPassword] is null)
            settings.Set(RunSettings.AdminPassword, await CreatePasswordAsync(account, settings.Prefix, email, cancellationToken));
        return new DemoImport(account.Container(settings.Prefix + "-files"), email, settings[RunSettings.AdminPassword]!);
    }

    private static async Task<string> CreatePasswordAsync(StorageAccount account, string prefix, string email, CancellationToken cancellationToken)
    {
        // The row that the app writes last when it sets up a site.
        if (await account.Table(prefix + "site").FindAsync("schema", "current", cancellationToken) is not null)
        {
            throw new CommandException(
                $"--demo signs in as the administrator, and this site has one: set {RunSettings.AdminEmail} and {RunSettings.AdminPassword} to the " +
                "credentials that the first start was given or printed, or remove .azurite to start anew.");
        }
        var password = RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 16);
        Console.WriteLine($"Administrator: {email}, password {password} (shown this once; the demo needs it again)");
        return password;
    }
}

using System.Reflection;
using System.Text.Json;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.DurableTask;

namespace Cloudreve.LocalHost;

/// <summary>
/// Compares the extensions of this host with those that the worker app was built for. The app's build notes them in
/// .azurefunctions/function.deps.json: a real host loads them from that folder, but this one has its own.
/// </summary>
internal static class ExtensionVersions
{
    /// <summary>The extensions whose behaviour and stored formats both sides share.</summary>
    private static readonly Dictionary<string, Assembly> s_own = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Microsoft.Azure.WebJobs.Extensions.DurableTask"] = typeof(DurableTaskExtension).Assembly,
        ["Microsoft.Azure.WebJobs.Extensions.Storage.Blobs"] = typeof(BlobTriggerAttribute).Assembly,
        ["Microsoft.Azure.WebJobs.Extensions.Storage.Queues"] = typeof(QueueTriggerAttribute).Assembly,
    };

    /// <summary>Checks an app.</summary>
    /// <exception cref="LocalHostException">The app was built for another major version, or for a newer one.</exception>
    public static void Check(AppFolder app)
    {
        var file = Path.Combine(app.Path, ".azurefunctions", "function.deps.json");
        if (!File.Exists(file))
            throw new LocalHostException($"{file} does not exist. Build or publish the app again: it tells which extensions the app was built for.");
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        foreach (var library in json.RootElement.GetProperty("libraries").EnumerateObject())
        {
            if (library.Name.Split('/') is [var name, var version] && s_own.TryGetValue(name, out var own))
                Check(name, Parse(version), VersionOf(own));
        }
    }

    private static void Check(string name, Version expected, Version own)
    {
        if (own.Major != expected.Major || own < expected)
        {
            throw new LocalHostException(
                $"The app was built for {name} {expected}, but this host has {own}. Use the same major version here, at least as new: "
                + "change the version in Directory.Packages.props and build both again.");
        }
    }

    private static Version VersionOf(Assembly assembly) =>
        Parse(assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion);

    private static Version Parse(string text) => Version.Parse(text.Split('-', '+')[0]);
}

using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Cloudreve.LocalHost;

/// <summary>The app's host.json, overridden by environment variables <c>AzureFunctionsJobHost__section__key</c>.</summary>
internal sealed class HostJson
{
    /// <summary>The section of the configuration that holds host.json's content.</summary>
    public const string Section = "AzureFunctionsJobHost";

    private readonly IConfigurationSection _settings;

    private HostJson(IConfigurationRoot configuration)
    {
        Configuration = configuration;
        _settings = configuration.GetSection(Section);
    }

    /// <summary>host.json and the environment in the form that the WebJobs SDK reads.</summary>
    public IConfigurationRoot Configuration { get; }

    /// <summary>The prefix of every HTTP route.</summary>
    public string RoutePrefix => _settings["extensions:http:routePrefix"] ?? "api";

    /// <summary>The longest run of a function; null for no limit.</summary>
    public TimeSpan? FunctionTimeout => _settings["functionTimeout"] switch
    {
        null => TimeSpan.FromMinutes(30),
        "-1" => null,
        var text => TimeSpan.Parse(text, CultureInfo.InvariantCulture),
    };

    /// <summary>The levels of logs.</summary>
    public IConfigurationSection Logging => _settings.GetSection("logging");

    /// <summary>Reads host.json of a folder.</summary>
    /// <exception cref="LocalHostException">There is none.</exception>
    public static HostJson Load(string appDirectory)
    {
        var path = Path.Combine(appDirectory, "host.json");
        if (!File.Exists(path))
            throw new LocalHostException($"{appDirectory} has no host.json. Is it the folder of a published or built worker app?");
        var file = new ConfigurationBuilder().AddJsonFile(path).Build();
        var settings = file.AsEnumerable().Select(entry => KeyValuePair.Create(Section + ':' + entry.Key, entry.Value));
        return new HostJson(new ConfigurationBuilder()
            .AddInMemoryCollection(settings)
            .AddEnvironmentVariables()
            .AddInMemoryCollection([KeyValuePair.Create("AzureWebJobsConfigurationSection", (string?)Section)])
            .Build());
    }
}

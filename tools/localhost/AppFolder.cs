using System.Text.Json;

namespace Cloudreve.LocalHost;

/// <summary>The folder of a built or published worker app.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="Executable">The program that runs the worker.</param>
/// <param name="Worker">Full path of the worker's assembly.</param>
internal sealed record AppFolder(string Path, string Executable, string Worker)
{
    /// <summary>A name for the app, of letters and digits.</summary>
    public string Name => new([.. System.IO.Path.GetFileNameWithoutExtension(Worker).ToLowerInvariant().Where(char.IsAsciiLetterOrDigit).Take(32)]);

    /// <summary>Opens a folder.</summary>
    /// <exception cref="LocalHostException">It holds no worker app.</exception>
    public static AppFolder Open(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        var file = System.IO.Path.Combine(full, "worker.config.json");
        if (!File.Exists(file))
            throw new LocalHostException($"{full} has no worker.config.json. Is it the folder of a published or built worker app?");
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        var description = json.RootElement.GetProperty("description");
        var worker = System.IO.Path.Combine(full, description.GetProperty("defaultWorkerPath").GetString()!);
        if (!File.Exists(worker))
            throw new LocalHostException($"{worker} does not exist. Build or publish the app again.");
        return new AppFolder(full, description.GetProperty("defaultExecutablePath").GetString()!, worker);
    }

    /// <summary>Defines the settings of local.settings.json that the environment does not define.</summary>
    public void ApplyLocalSettings()
    {
        var file = System.IO.Path.Combine(Path, "local.settings.json");
        if (!File.Exists(file))
            return;
        using var json = JsonDocument.Parse(File.ReadAllText(file), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        if (!json.RootElement.TryGetProperty("Values", out var values))
            return;
        foreach (var value in values.EnumerateObject())
        {
            if (Environment.GetEnvironmentVariable(value.Name) is null)
                Environment.SetEnvironmentVariable(value.Name, value.Value.ToString());
        }
    }
}

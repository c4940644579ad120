using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Cloudreve.Dev.Demo;
using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev.Running;

/// <summary><c>./dev run</c>: the app on this machine, with its storage, until Ctrl+C.</summary>
internal static class RunCommand
{
    private const int DefaultPort = 7071;

    /// <summary>Declares the command.</summary>
    public static Command Create(Repository repository)
    {
        var port = new Option<int>("--port")
        {
            HelpName = "N",
            Description = "The port that the app listens on.",
            DefaultValueFactory = _ => DefaultPort,
            CustomParser = ReadPort,
        };
        var demo = new Option<bool>("--demo") { Description = "Import a small tree of files." };
        var frontEnd = new Option<string?>("--front-end") { HelpName = "DIR", Description = "Serve a built web front end beside the API." };
        var coreTools = new Option<bool>("--core-tools") { Description = "Run the app under 'func start' instead of the repository's own host." };
        var command = new Command("run", "Start the app with its storage.") { port, demo, frontEnd, coreTools };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            repository,
            new RunOptions(parsed.GetValue(port), parsed.GetValue(demo), parsed.GetValue(frontEnd), parsed.GetValue(coreTools)),
            cancellationToken));
        return command;
    }

    /// <summary>Runs until the developer ends it or a part of it fails.</summary>
    /// <exception cref="CommandException">Something is missing, or a part has ended.</exception>
    private static async Task<int> RunAsync(Repository repository, RunOptions options, CancellationToken cancellationToken)
    {
        var (port, coreTools) = (options.Port, options.CoreTools);
        if (!LocalPort.IsFree(port))
            throw new CommandException($"Port {port} is in use: end what listens there, or choose another with --port.");
        AppHost.Check(coreTools);
        var settings = ReadSettings(repository, options);
        var url = ListenAddress.Parse(settings[RunSettings.Bind]).Url(port);
        await NodePackages.EnsureAsync(repository, cancellationToken);
        Console.WriteLine("Building ...");
        await AppHost.BuildAsync(repository, coreTools, cancellationToken);

        using var guardian = new Guardian();
        await using var azurite = await StartStorageAsync(repository, settings, guardian, cancellationToken);
        var demo = options.Demo ? await DemoAccount.PrepareAsync(settings, cancellationToken) : null;
        await using var app = AppHost.Start(repository, coreTools, port, settings, guardian);

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var failures = new List<Task> { app.FailWhenEndedAsync(ending.Token) };
        if (azurite is not null)
            failures.Add(azurite.FailWhenEndedAsync(ending.Token));
        var failure = await Task.WhenAny([.. failures, ServeAsync(url, azurite is null, demo, ending.Token)]);
        if (cancellationToken.IsCancellationRequested)
        {
            Console.WriteLine("Stopping ...");
            return 0;
        }
        await failure;
        return 0;
    }

    private static int ReadPort(ArgumentResult word)
    {
        if (int.TryParse(word.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= ushort.MaxValue)
            return port;
        word.AddError("--port needs a number from 1 to 65535.");
        return 0;
    }

    private static RunSettings ReadSettings(Repository repository, RunOptions options)
    {
        var settings = new RunSettings(Environment.GetEnvironmentVariable);
        settings.AddDefaults(LocalSettings.Read(repository), options.Port);
        if (options.FrontEnd is { } frontEnd)
            settings.Set(RunSettings.FrontEnd, Path.GetFullPath(frontEnd));
        return settings;
    }

    /// <summary>Starts the emulator, unless the settings name an account.</summary>
    private static async Task<Azurite?> StartStorageAsync(
        Repository repository, RunSettings settings, Guardian guardian, CancellationToken cancellationToken)
    {
        var connection = settings[RunSettings.Storage];
        var named = settings[RunSettings.Storage + "__accountName"] is not null
            || connection is not null && (connection != "UseDevelopmentStorage=true" || Azurite.IsRunning);
        if (named)
        {
            Console.WriteLine($"Storage: the account that {RunSettings.Storage} names.");
            return null;
        }
        var azurite = await Azurite.StartAsync(repository, guardian, cancellationToken);
        settings.Set(RunSettings.Storage, azurite.ConnectionString);
        settings.SetDefault(RunSettings.SealingKeys, await SealingKeyFile.ReadAsync(repository, cancellationToken));
        Console.WriteLine("Storage: Azurite, data in .azurite/" + (azurite.OnUsualPorts ? "" : ", on ports of its own because 10000-10002 are taken"));
        return azurite;
    }

    /// <summary>Waits for the first response, prints the app's address, runs the demo, and then waits until it is ended.</summary>
    private static async Task ServeAsync(Uri url, bool storageIsElsewhere, DemoImport? demo, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = url };
        // The app waits for storage that does not respond yet, and reports that.
        await AppProbe.AwaitAsync(client, storageIsElsewhere ? Timeout.InfiniteTimeSpan : AppProbe.StartTimeout, cancellationToken);
        Console.WriteLine($"Cloudreve.Functions runs at {url} (Ctrl+C ends it).");
        if (demo is not null)
            await demo.RunAsync(client, cancellationToken);
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    private sealed record RunOptions(int Port, bool Demo, string? FrontEnd, bool CoreTools);
}

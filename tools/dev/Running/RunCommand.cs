using System.Globalization;
using System.Security.Cryptography;
using Cloudreve.AzureStorage;
using Cloudreve.Dev.Demo;
using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev.Running;

/// <summary><c>./dev run</c>: the app on this machine, with its storage, until Ctrl+C.</summary>
internal static class RunCommand
{
    private const string StorageVariable = "AzureWebJobsStorage";
    private const string EmailVariable = "CLOUDREVE_ADMIN_EMAIL";
    private const string PasswordVariable = "CLOUDREVE_ADMIN_PASSWORD";
    private const string PrefixVariable = "CLOUDREVE_PREFIX";
    private const string FrontEndVariable = "CLOUDREVE_FRONT_END";
    private const string DemoEmail = "admin@cloudreve.local";
    private const int DefaultPort = 7071;
    private static readonly TimeSpan s_startLimit = TimeSpan.FromMinutes(2);

    /// <summary>Runs until the developer ends it or a part of it fails.</summary>
    /// <exception cref="CommandException">Something is missing, or a part has ended.</exception>
    public static async Task<int> RunAsync(Repository repository, Arguments arguments, CancellationToken cancellationToken)
    {
        var port = ReadPort(arguments.Value("--port"));
        if (!LocalPort.IsFree(port))
            throw new CommandException($"Port {port} is in use: end what listens there, or choose another with --port.");
        await NodePackages.EnsureAsync(repository, cancellationToken);
        Console.WriteLine("Building ...");
        await Build.RunAsync(repository, repository.AppProject, cancellationToken);

        using var guardian = new Guardian();
        await using var azurite = await StartStorageAsync(repository, guardian, cancellationToken);
        var environment = Settings(azurite);
        if (arguments.Value("--front-end") is { } frontEnd)
            environment[FrontEndVariable] = Path.GetFullPath(frontEnd);
        var demo = arguments.Has("--demo") ? await PrepareDemoAsync(azurite, environment, cancellationToken) : null;
        await using var app = StartApp(repository, port, environment, guardian);

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var failures = new List<Task> { app.FailWhenEndedAsync(ending.Token) };
        if (azurite is not null)
            failures.Add(azurite.FailWhenEndedAsync(ending.Token));
        var failure = await Task.WhenAny([.. failures, ServeAsync(port, demo, ending.Token)]);
        if (cancellationToken.IsCancellationRequested)
        {
            Console.WriteLine("Stopping ...");
            return 0;
        }
        await failure;
        return 0;
    }

    private static int ReadPort(string? value) => value switch
    {
        null => DefaultPort,
        _ => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= ushort.MaxValue
            ? port
            : throw new CommandException("--port needs a number from 1 to 65535."),
    };

    /// <summary>The emulator, unless the environment names an account.</summary>
    private static async Task<Azurite?> StartStorageAsync(Repository repository, Guardian guardian, CancellationToken cancellationToken)
    {
        var connection = Environment.GetEnvironmentVariable(StorageVariable);
        var named = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(StorageVariable + "__accountName"))
            || !string.IsNullOrEmpty(connection) && (connection != "UseDevelopmentStorage=true" || Azurite.IsRunning);
        if (named)
        {
            Console.WriteLine($"Storage: the account that {StorageVariable} names.");
            return null;
        }
        var azurite = await Azurite.StartAsync(repository, guardian, cancellationToken);
        Console.WriteLine("Storage: Azurite, data in .azurite/" + (azurite.OnUsualPorts ? "" : ", on ports of its own because 10000-10002 are taken"));
        return azurite;
    }

    private static Dictionary<string, string?> Settings(Azurite? azurite)
    {
        var environment = new Dictionary<string, string?>
        {
            // Both would make the app take itself for a Functions host's handler.
            ["FUNCTIONS_CUSTOMHANDLER_PORT"] = null,
            ["FUNCTIONS_HTTPWORKER_PORT"] = null,
            // The developer sees what the app prints, and no log keeps it.
            ["CLOUDREVE_ANNOUNCE_ADMIN"] = "1",
        };
        if (azurite is not null)
            environment[StorageVariable] = azurite.ConnectionString;
        return environment;
    }

    /// <summary>Makes sure that the demo can sign in: with the given password, or with one made up for a site that does not exist yet.</summary>
    private static async Task<DemoImport> PrepareDemoAsync(Azurite? azurite, Dictionary<string, string?> environment, CancellationToken cancellationToken)
    {
        var connection = azurite?.ConnectionString ?? Environment.GetEnvironmentVariable(StorageVariable);
        if (string.IsNullOrEmpty(connection))
            throw new CommandException($"--demo needs a connection string in {StorageVariable}.");
        var account = new StorageAccount(new StorageAccountOptions { ConnectionString = connection });
        var prefix = Environment.GetEnvironmentVariable(PrefixVariable) is { Length: > 0 } value ? value : "cloudreve";
        var email = Environment.GetEnvironmentVariable(EmailVariable) is { Length: > 0 } given ? given : DemoEmail;
        var password = Environment.GetEnvironmentVariable(PasswordVariable);
        if (string.IsNullOrEmpty(password))
        {
            // The row that the app writes last when it sets up a site.
            if (await account.Table(prefix + "site").FindAsync("schema", "current", cancellationToken) is not null)
            {
                throw new CommandException(
                    $"--demo signs in as the administrator, and this site has one: set {EmailVariable} and {PasswordVariable} to the credentials " +
                    "that the first start was given or printed, or remove .azurite to start anew.");
            }
            password = RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 16);
            Console.WriteLine($"Administrator: {email}, password {password} (shown this once; the demo needs it again)");
        }
        environment[EmailVariable] = email;
        environment[PasswordVariable] = password;
        return new DemoImport(account.Container(prefix + "-files"), email, password);
    }

    private static ChildProcess StartApp(Repository repository, int port, Dictionary<string, string?> environment, Guardian guardian)
    {
        var assembly = Path.Combine(repository.AppBuildFolder, "Cloudreve.Functions.dll");
        var start = Command.StartInfo("dotnet", [assembly, "--port", port.ToString(CultureInfo.InvariantCulture)], repository.Root, environment);
        return ChildProcess.Start("The app", start, guardian, quiet: false);
    }

    /// <summary>Waits for the first answer, tells where the app is, runs the demo, and then waits to be ended.</summary>
    private static async Task ServeAsync(int port, DemoImport? demo, CancellationToken cancellationToken)
    {
        var url = new Uri($"http://localhost:{port}");
        using var client = new HttpClient { BaseAddress = url };
        await AwaitAnswerAsync(client, cancellationToken);
        Console.WriteLine($"Cloudreve.Functions runs at {url} (Ctrl+C ends it).");
        if (demo is not null)
            await demo.RunAsync(client, cancellationToken);
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    private static async Task AwaitAnswerAsync(HttpClient client, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_startLimit);
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri("/api/v4/site/ping", UriKind.Relative), limit.Token);
                if (answer.IsSuccessStatusCode)
                    return;
                throw new CommandException($"The app answers its ping with {(int)answer.StatusCode}.");
            }
            catch (HttpRequestException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), limit.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new CommandException($"The app gave no answer within {s_startLimit.TotalMinutes:0} minutes.");
            }
        }
    }
}

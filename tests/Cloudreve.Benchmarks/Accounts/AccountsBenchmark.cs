using System.Diagnostics;
using Cloudreve.Benchmarks.Apps;
using Cloudreve.Core.Accounts;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks.Accounts;

/// <summary>
/// Sign-ins, renewals of tokens and requests with a token, through the app and beside a bare loop that hashes, signs and asks storage for
/// as much, in the same run.
/// </summary>
internal static class AccountsBenchmark
{
    /// <summary>The allowed options.</summary>
    public static string[] Values { get; } = ["--repeat", "--publish"];

    private const int DefaultRuns = 40;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs it.</summary>
    /// <exception cref="BenchmarkException">A request failed.</exception>
    public static async Task RunAsync(Options options)
    {
        var runs = options.Number("--repeat") ?? DefaultRuns;
        using var azurite = new AzuriteServer();
        using var app = await AppProcess.StartProductAsync(options, azurite.ConnectionString);
        using var product = new ProductAccount(app);
        var bare = new BareAccount(azurite.ConnectionString, AppSettings.Prefix + "bare");
        await bare.PrepareAsync();

        Console.WriteLine($"median of {runs}, milliseconds");
        var hash = await MedianAsync(runs, () => Task.FromResult(PasswordHasher.Verify(AppSettings.AdminPassword, bare.PasswordHash)));
        Console.WriteLine($"a password's hash alone                    {hash,8:F1}");
        var bareSignIn = await MedianAsync(runs, bare.SignInAsync);
        var signIn = await MedianAsync(runs, () => product.SignInAsync());
        Print("sign-in", signIn, bareSignIn);
        Console.WriteLine($"  of which the hash                        {hash / signIn,8:P0}");
        await product.SignInAsync();
        Print("renewal of a token", await MedianAsync(runs, product.RefreshAsync), await MedianAsync(runs, bare.RefreshAsync));
        var anonymous = await MedianAsync(runs, product.PingAsync);
        Console.WriteLine($"request without a token                    {anonymous,8:F1}");
        Console.WriteLine($"request with a token, account in the cache {await MedianAsync(runs, product.AskAsync),8:F1}");
        // Last, since the account has to wait afterwards.
        var (wrong, unknown) = await MediansAsync(
            ProductAccount.AllowedFailures, () => product.FailAsync(AppSettings.AdminEmail), () => product.FailAsync("nobody@example.com"));
        Console.WriteLine($"wrong password : unknown address           {wrong,8:F1} : {unknown:F1} = {wrong / unknown:F2}");
    }

    private static void Print(string name, double product, double bare) =>
        Console.WriteLine($"{name,-42} {product,8:F1}, bare {bare:F1}, ratio {bare / product:F2}");

    private static async Task<double> MedianAsync(int runs, Func<Task> action)
    {
        await action();
        var times = new List<double>();
        for (var i = 0; i < runs; i++)
            times.Add(await TimeAsync(action));
        return Median(times);
    }

    // In turns, so that other load of the machine affects both.
    private static async Task<(double First, double Second)> MediansAsync(int runs, Func<Task> first, Func<Task> second)
    {
        await first();
        await second();
        var (firstTimes, secondTimes) = (new List<double>(), new List<double>());
        for (var i = 0; i < runs; i++)
        {
            firstTimes.Add(await TimeAsync(first));
            secondTimes.Add(await TimeAsync(second));
        }
        return (Median(firstTimes), Median(secondTimes));
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    private static async Task<double> TimeAsync(Func<Task> action)
    {
        // Work of the app after a response must not count for the next one.
        await Task.Delay(Pause);
        var watch = Stopwatch.StartNew();
        await action();
        return watch.Elapsed.TotalMilliseconds;
    }
}

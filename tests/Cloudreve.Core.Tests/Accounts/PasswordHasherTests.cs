using System.Diagnostics.Metrics;
using System.Text;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.SignIns;
using Konscious.Security.Cryptography;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts;

public sealed class PasswordHasherTests
{
    [Fact]
    public void Given_a_hash_when_passwords_are_compared_then_only_the_right_one_matches()
    {
        var stored = PasswordHasher.Hash("pässwörd😀");

        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,p=1$", stored, StringComparison.Ordinal);
        Assert.True(PasswordHasher.Verify("pässwörd😀", stored));
        Assert.False(PasswordHasher.Verify("pässwörd", stored));
        Assert.NotEqual(stored, PasswordHasher.Hash("pässwörd😀"));
    }

    [Fact]
    public void Given_a_password_when_it_is_typed_on_another_keyboard_then_it_matches_nevertheless()
    {
        Assert.True(PasswordHasher.Verify("cafe\u0301 long", PasswordHasher.Hash("caf\u00E9 long")));
        Assert.True(PasswordHasher.Verify("\uD55C\uAE00 long", PasswordHasher.Hash("\u1112\u1161\u11AB\u1100\u1173\u11AF long")));
        Assert.False(PasswordHasher.Verify("cafe long", PasswordHasher.Hash("cafe\u0301 long")));
    }

    [Fact]
    public void Given_a_hash_of_an_earlier_release_when_the_password_comes_in_any_form_then_it_matches()
    {
        foreach (var stored in (string[])["cafe\u0301", "caf\u00E9"])
        {
            Assert.True(PasswordHasher.Verify("cafe\u0301", HashAsItCame(stored)));
            Assert.True(PasswordHasher.Verify("caf\u00E9", HashAsItCame(stored)));
            Assert.False(PasswordHasher.Verify("cafe", HashAsItCame(stored)));
        }
    }

    private static string HashAsItCame(string password)
    {
        var salt = "somesalt"u8.ToArray();
        using var argon = new Argon2id(Encoding.UTF8.GetBytes(password)) { Salt = salt, MemorySize = 64, Iterations = 1, DegreeOfParallelism = 1 };
        return $"$argon2id$v=19$m=64,t=1,p=1${Convert.ToBase64String(salt).TrimEnd('=')}${Convert.ToBase64String(argon.GetBytes(32)).TrimEnd('=')}";
    }

    [Fact]
    public void Given_a_hash_that_the_managed_implementation_made_when_it_is_verified_then_it_matches()
    {
        var salt = "0123456789abcdef"u8.ToArray();
        using var argon = new Konscious.Security.Cryptography.Argon2id("password"u8.ToArray()) { Salt = salt, MemorySize = 19_456, Iterations = 2, DegreeOfParallelism = 1 };

        Assert.True(PasswordHasher.Verify(
            "password", $"$argon2id$v=19$m=19456,t=2,p=1${Convert.ToBase64String(salt).TrimEnd('=')}${Convert.ToBase64String(argon.GetBytes(32)).TrimEnd('=')}"));
    }

    [Fact]
    public void Given_a_hash_with_other_parameters_when_it_is_verified_then_it_matches() =>
        // Made by the reference implementation's command line: argon2 somesalt -id -t 2 -m 16 -p 1 -l 32.
        Assert.True(PasswordHasher.Verify("password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"));

    [Fact]
    public async Task Given_many_sign_ups_at_once_when_passwords_are_hashed_then_few_take_memory_together()
    {
        var isOurs = new AsyncLocal<bool> { Value = true };
        var (running, most) = (0, 0);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "cloudreve.password.hashes.running")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        var turn = new Lock();
        listener.SetMeasurementEventCallback<long>((_, change, _, _) =>
        {
            // Other tests hash, too.
            if (!isOurs.Value)
                return;
            lock (turn)
            {
                running += (int)change;
                most = Math.Max(most, running);
            }
        });
        listener.Start();

        await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => Task.Factory.StartNew(
            () => PasswordHasher.HashAsync("long enough", ClientAddress.Unknown), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));

        Assert.InRange(most, 1, PasswordHasher.MaxAtOnce);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$")]
    public void Given_no_hash_or_a_malformed_one_when_a_password_is_verified_then_it_never_matches(string? stored) =>
        Assert.False(PasswordHasher.Verify("anything", stored));
}

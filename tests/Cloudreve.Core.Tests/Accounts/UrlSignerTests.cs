using Cloudreve.Core.Accounts.Signing;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts;

public sealed class UrlSignerTests
{
    private const string Path = "/api/v4/file/content/x1/0/a%20b.txt";

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeSeconds(1_000_000));
    private readonly SiteSettings _site = new(new Dictionary<string, string> { ["secret_key"] = "secret", ["hash_id_salt"] = "salt" });

    private UrlSigner Signer => new(_clock);

    [Fact]
    public void Given_a_signed_path_when_it_is_verified_before_its_end_then_it_passes()
    {
        var sign = UrlSigner.Sign(_site, Path, _clock.GetUtcNow().AddSeconds(10));

        Signer.Verify(_site, Path, sign);

        Assert.EndsWith(":1000010", sign, StringComparison.Ordinal);
    }

    [Fact]
    public void Given_a_signature_that_has_ended_when_it_is_verified_then_it_has_expired()
    {
        var sign = UrlSigner.Sign(_site, Path, _clock.GetUtcNow().AddSeconds(10));
        _clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(ErrorCode.SignatureExpired, Refusal(Path, sign));
    }

    [Fact]
    public void Given_a_signature_without_end_when_years_have_passed_then_it_passes()
    {
        var sign = UrlSigner.Sign(_site, Path, expires: null);
        _clock.Advance(TimeSpan.FromDays(3650));

        Signer.Verify(_site, Path, sign);

        Assert.EndsWith(":0", sign, StringComparison.Ordinal);
    }

    [Fact]
    public void Given_another_path_end_or_secret_when_a_signature_is_verified_then_it_is_wrong()
    {
        var sign = UrlSigner.Sign(_site, Path, _clock.GetUtcNow().AddSeconds(10));
        var stranger = new SiteSettings(new Dictionary<string, string> { ["secret_key"] = "another", ["hash_id_salt"] = "salt" });

        Assert.Equal(ErrorCode.BadSignature, Refusal(Path + "x", sign));
        Assert.Equal(ErrorCode.BadSignature, Refusal(Path, sign.Replace(":1000010", ":1000011", StringComparison.Ordinal)));
        Assert.Equal(ErrorCode.BadSignature, Refusal(Path, UrlSigner.Sign(stranger, Path, expires: null)));
    }

    [Theory]
    [InlineData(null, ErrorCode.NoPermission)]
    [InlineData("", ErrorCode.NoPermission)]
    [InlineData(":0", ErrorCode.BadSignature)]
    [InlineData("abc", ErrorCode.BadSignature)]
    [InlineData("!!!:0", ErrorCode.BadSignature)]
    [InlineData("AAAA:-1", ErrorCode.BadSignature)]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:0", ErrorCode.BadSignature)]
    public void Given_no_signature_or_a_malformed_one_when_it_is_verified_then_it_is_refused(string? sign, ErrorCode code) =>
        Assert.Equal(code, Refusal(Path, sign));

    private ErrorCode Refusal(string path, string? sign) => Assert.Throws<CloudreveException>(() => Signer.Verify(_site, path, sign)).Code;
}

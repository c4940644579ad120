using System.Security.Cryptography;
using Cloudreve.Core.Content.Encryption;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Encryption;

public sealed class CtrCipherTests
{
    [Fact]
    public void Given_the_nist_sp_800_38a_f_5_5_vector_when_encrypted_then_the_result_is_as_published()
    {
        var data = Convert.FromHexString(
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
        using var cipher = new CtrCipher(
            Convert.FromHexString("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"), Convert.FromHexString("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"));

        cipher.Apply(data, 0);

        Assert.Equal(
            "601EC313775789A5B7A7F504BBF3D228F443E3CA4D62B59ACA84E990CACAF5C52B0930DAA23DE94CE87017BA2D84988DDFC9C58DB67AADA613C2DD08457941A6",
            Convert.ToHexString(data));
    }

    [Fact]
    public void Given_content_when_it_is_encrypted_in_pieces_at_any_offset_then_the_whole_comes_out()
    {
        var content = RandomNumberGenerator.GetBytes(20_000);
        // The counter passes the end of its lower half within the content.
        var iv = Convert.FromHexString("00000000000000FFFFFFFFFFFFFFFFFA");
        using var cipher = new CtrCipher(RandomNumberGenerator.GetBytes(CtrCipher.KeySize), iv);
        var whole = content.ToArray();
        cipher.Apply(whole, 0);

        var pieces = content.ToArray();
        for (int offset = 0, length = 1; offset < pieces.Length; offset += length, length = Math.Min((length * 3) + 1, pieces.Length - offset))
            cipher.Apply(pieces.AsSpan(offset, Math.Min(length, pieces.Length - offset)), offset);

        Assert.Equal(whole, pieces);
        cipher.Apply(whole, 0);
        Assert.Equal(content, whole);
    }
}

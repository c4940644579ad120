using System.Text;
using System.Text.Unicode;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.Archives.Listing;

/// <summary>Decodes names of a zip that does not specify their encoding (contract, section 19.2).</summary>
internal sealed class NameEncoding
{
    private const int Ibm437 = 437;

    // The characters from 0xA0 on, which the framework lacks.
    private const string Iso8859Part10 = "\u00a0ĄĒĢĪĨĶ§ĻĐŠŦŽ\u00adŪŊ°ąēģīĩķ·ļđšŧž―ūŋĀÁÂÃÄÅÆĮČÉĘËĖÍÎÏÐŅŌÓÔÕÖŨØŲÚÛÜÝÞßāáâãäåæįčéęëėíîïðņōóôõöũøųúûüýþĸ";
    private const string Iso8859Part14 = "\u00a0Ḃḃ£ĊċḊ§Ẁ©ẂḋỲ\u00ad®ŸḞḟĠġṀṁ¶ṖẁṗẃṠỳẄẅṡÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏŴÑÒÓÔÕÖṪØÙÚÛÜÝŶßàáâãäåæçèéêëìíîïŵñòóôõöṫøùúûüýŷÿ";
    private const string Iso8859Part16 = "\u00a0ĄąŁ€„Š§š©Ș«Ź\u00adźŻ°±ČłŽ”¶·žčș»ŒœŸżÀÁÂĂÄĆÆÇÈÉÊËÌÍÎÏĐŃÒÓÔŐÖŚŰÙÚÛÜĘȚßàáâăäćæçèéêëìíîïđńòóôőöśűùúûüęțÿ";

    private readonly Func<byte[], string> _decode;

    private NameEncoding(Func<byte[], string> decode) => _decode = decode;

    /// <summary>The encoding of a name that clients use.</summary>
    /// <param name="name">The name; empty for UTF-8 where names are valid in it, and else the format's original code page.</param>
    /// <exception cref="CloudreveException">40001 for an unknown name.</exception>
    public static NameEncoding Of(string? name) => name switch
    {
        null or "" => new NameEncoding(DecodeUnknown),
        "iso8859_10" => new NameEncoding(bytes => DecodeUpper(bytes, Iso8859Part10)),
        "iso8859_14" => new NameEncoding(bytes => DecodeUpper(bytes, Iso8859Part14)),
        "iso8859_16" => new NameEncoding(bytes => DecodeUpper(bytes, Iso8859Part16)),
        _ => new NameEncoding(Page(PageOf(name)).GetString),
    };

    /// <summary>Decodes a name.</summary>
    /// <param name="bytes">The name as the archive holds it.</param>
    public string Decode(byte[] bytes) => _decode(bytes);

    private static int PageOf(string name) => name switch
    {
        "ibm866" => 866,
        "iso8859_2" => 28592,
        "iso8859_3" => 28593,
        "iso8859_4" => 28594,
        "iso8859_5" => 28595,
        "iso8859_6" => 28596,
        "iso8859_7" => 28597,
        "iso8859_8" => 28598,
        "iso8859_8I" => 38598,
        "iso8859_9" => 28599,
        "iso8859_11" => 874,
        "iso8859_13" => 28603,
        "iso8859_15" => 28605,
        "koi8r" => 20866,
        "koi8u" => 21866,
        "macintosh" => 10000,
        "macintoshcyrillic" => 10007,
        "windows874" => 874,
        "windows1250" => 1250,
        "windows1251" => 1251,
        "windows1252" => 1252,
        "windows1253" => 1253,
        "windows1254" => 1254,
        "windows1255" => 1255,
        "windows1256" => 1256,
        "windows1257" => 1257,
        "windows1258" => 1258,
        "gbk" => 936,
        "gb18030" => 54936,
        "big5" => 950,
        "eucjp" => 51932,
        "iso2022jp" => 50220,
        "shiftjis" => 932,
        "euckr" => 51949,
        "utf16be" => 1201,
        "utf16le" => 1200,
        _ => throw new CloudreveException(ErrorCode.BadParameter, "Unknown encoding."),
    };

    private static Encoding Page(int page) => page switch
    {
        1200 => Encoding.Unicode,
        1201 => Encoding.BigEndianUnicode,
        _ => CodePagesEncodingProvider.Instance.GetEncoding(page)!,
    };

    private static string DecodeUnknown(byte[] bytes) =>
        Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Page(Ibm437).GetString(bytes);

    private static string DecodeUpper(byte[] bytes, string upper) =>
        string.Create(bytes.Length, (bytes, upper), static (text, state) =>
        {
            for (var i = 0; i < text.Length; i++)
                text[i] = state.bytes[i] < 0xa0 ? (char)state.bytes[i] : state.upper[state.bytes[i] - 0xa0];
        });
}

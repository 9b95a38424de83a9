//! Words that stand in eight of 1,797 records of DANeS (dataset-vn/DANeS, CC BY 4.0), or more, and not in one of fifty: that two texts share
//! one of them says nothing of an event.

pub(super) const USUAL: &str = "a acestream ai b ba bao bay biên biển biểu biện biệt buổi buộc bài bàn bán bão bé bên bí bóng bùng bước bạc bạn bảng bầu bật bắc \
     bắn bền bỏ bố bốc bối bổ bờ bức bữa c ca cam can che chi chia chiêu chiếc chiếm chiến chiều chung chuyên chuyến chuyện chuẩn chuỗi \
     chân châu chóng chú chúng chăm chơi chưa chạm chạy chấn chấp chặt chế chỉnh chịu chọn chốt chồng chỗ chờ chở chợ chục chủng chứng \
     city clip coi cov cung cup cuối cuốn cà càng cá cái cánh cáo cát cân câu cây cãi cô cú căn cũ cơn cư cương cưỡng cạnh cải cảm cảng \
     cảnh cấu cầm cận cập cậu cắt cặp cố cổ cổng cộng cụ cục cứ cửa cực cựu da danh dao di du dung duy duyệt dài dành dáng dây dòng dõi \
     dù dùng dư dương dưới dưỡng dạy dấu dần dầu dễ dọa dội dục dữ dựa evergrande f0 fan full game ghi giai gian giang giành giàu giác \
     giám giáo giáp giây giãn gió giúp giả giản giấu giấy giống giờ giữ giữa gtvt gái gì gòn góc gói góp gương gấp gắn gặp gọi gốc gồm \
     gửi ha hd hiếm hiếu hiểm hiểu hiệp hlv hoa hoàn hoàng hoạch hoảng hung huy hy hà hài hàn hào hâm hãng hãy hòa hóa hút hơi hương \
     hưởng hạ hại hạn hạng hải hấp hầu hậu hằng hẹn hết hệ họ họp hỏi hồ hồi hồng hộ hứa hứng hữu iphone khang khen khoa khoe khoán \
     khoản khoảng khoảnh khuyến khuôn khá khác khách khám khán kháng khí khó khóa khóc khôi khúc khăn khả khảo khẩn khắc khắp khẳng \
     khỏe khỏi khối khổ khởi khủng kia kim kiếm kiểm kiện kèm kèo kém kéo kê kênh kêu ký kẻ kế kể kịch kịp kỷ kỹ lai lan lao league \
     linh link liền liều liệu lo long loại loạt luyện luôn luận luật ly làng lành lá lái lâm lâu lây lãi lãnh lê lòng lúc lĩnh lũ lưu \
     lương lược lượt lạ lạc lạnh lấy lập lắng lẽ lệ lệnh lịch lỏng lộ lộc lớp lời lợi lục lừa lửa lựa ma mai man mang may mc miền miễn \
     mong mu mua muốn màn màu mái máy mã mãn mê mình món mô môi mùa mũi mơ mưa mại mạng mạo mất mẫu mật mắc mắn mắt mặc mặt mẽ mềm mệnh \
     mọi mối mỗi mộ mời mục mức mỹ nga ngang ngay nghe nghi nghiêm nghiên nghiệm nghìn nghĩ nghĩa nghề nghệ nghỉ ngon ngoài ngoại nguy \
     nguyên nguyễn nguyện nguồn ngành ngào ngân ngô ngôi ngôn ngăn ngưỡng ngược ngại ngập ngắn ngọc ngọt ngồi ngờ ngợi ngủ ngừa ngừng \
     nha nhan nhau nhi nhiên nhiễm nhiệm nhiệt nhu nhung nhuận nhâm nhé nhìn nhóm nhạc nhập nhật nhằm nhỏ nhờ ninh niên niệm nuôi nào \
     nêu nó nói nóng nông nơi nạn nằm nặng nền nối nổ nổi nỗ nới nợ nữ nữa of online pandora park phi phim phiên phiếu phong phá phân \
     phép phê phí phía phó phóng phù phú phúc phút phạm phản phấn phẩm phối phổ phụ phủ phức quang quanh quay quen quy quyền quá quán \
     quân quê quên quý quản quảng quần quận quỹ riêng ro rõ rút rẻ rồi rộng rời rủi rừng sai sang sao sars siêu so song sopcast soát \
     sung suy suất sài sàn sàng sách sát sân sâu sóng sôi sông sĩ sơ sơn sư sắc sắp sắt sẵn sẻ sốc sốt sớm sợ sức sử sửa sữa ta tai tay \
     test thai thang thanh thao thay the thi thiên thiếu thiện thoại thua thuê thuận thuật thuế thuốc thuộc thác thách thái tháo thân \
     thêm thích thính thú thúc thư thương thưởng thả thảm thảo thấp thất thấy thần thầy thẩm thậm thật thắng thẳng thẻ thịt thụ thủy \
     thừa thử tim tinh tiêm tiên tiến tiếng tiết tiểu tiệc tiện to top toán tphcm tra trai tranh triệt triệu truy trà tránh trì trí \
     trích trò trùm trú trúng trăm trưa trương trạm trạng trả trải trấn trần trận trẻ trị trốn trồng trời tuy tuyến tuyển tuyệt tuần \
     tuệ tuổi ty tàu tái tân tây tên tìm tín tòa tóc tôi tôn tương tướng tưởng tượng tạm tạp tải tảng tấm tấn tất tầm tầng tận tắc tệ \
     tỏ tỏa tố tốc tối tốt tồn tộc tội tờ tức từng tự tỷ u23 united uống v vaccine vai vay ven vi video vietnam vinh virus viết viện vs \
     vui vài vàng vé vòng vô vùng vĩnh vũ vũng vượt vấn vận vật vậy vắc vẻ vệ vọng vốn vợ vững vực world xa xanh xao xe xem xin xinh xu \
     xuyên xuân xuống xác xét xúc xăng xảy xấu xế xếp xổ xử y yên yêu yếu á ánh áo áp âm âu ích ít ôm ý ăn đa đau đe đoán đoạn đoạt đt \
     đua đà đài đàm đàn đào đá đáng đáo đáp đâu đãi đêm đình đích đón đóng đô đôi đông đúng đăng đương đạt đảm đảng đảo đất đấu đầy đặt \
     đẹp đều đỉnh đọc đỏ đốc đồ đổ độc đột đời đợt đủ đức đứng ưu ước ấm ấn ẩn ổn ủy ứng";
